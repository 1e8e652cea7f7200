// The judgement of the fake models: how many words of a theme a text holds.

const stopWords = new Set(
  "a an and are as at be but by do for from has have how i in is it its my not of on or our so that the their them they this to was we were what with you your theme themes text".split(
    " ",
  ),
);

/** Words in lower case without accents, stop words and plural endings; a multiset in text order. */
function contentWords(text: string): string[] {
  const plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? [])
    .filter((word) => !stopWords.has(word))
    .map((word) => (word.length > 3 ? word.replace(/(?<!s)s$/, "") : word));
}

/** FNV-1a, 32 bits, as a fraction 0-1: a fixed small difference between themes. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

/**
 * The score a fake model gives a pair, 0-100: k / (k + 1) of 95, k being 3 for the label's words
 * found in the text and 1 for each word of the description; up to 5 more tell themes apart that
 * would tie. It depends on nothing but its two arguments.
 * @param theme "label", "label - description" or "label: description"
 */
export function expectedScore(text: string, theme: string): number {
  const [, label = theme, description = ""] = /^(.*?)(?: [-–—] |: )(.*)$/s.exec(theme) ?? [];
  const held = new Set(contentWords(text));
  const labelWords = contentWords(label);
  const found = labelWords.filter((word) => held.has(word)).length;
  const told = new Set(contentWords(description).filter((word) => held.has(word))).size;
  const k = (3 * found) / Math.max(1, labelWords.length) + told;
  return (95 * k) / (k + 1) + 5 * fraction(contentWords(label).join(" "));
}

const turnMarkers =
  /<\|start_header_id\|>user<\|end_header_id\|>|<\|im_start\|>user|<\|user\|>|\[INST\]/g;
const endMarkers = /<\|[^|\n]*\|>|\[\/INST\]|<\/s>/;
/** The gateway's own fence: `[text MARK]` to `[end of text MARK]`. */
const marked = /^\[text (\w+)\]\n([\s\S]*)\n\[end of text \1\]/m;
const tagged = /<((?:user[_-])?(?:text|document|input)[\w-]*)>([\s\S]*)<\/\1>/i;
const fenceLine = /^\s*([^\p{L}\p{N}\s])\1{2,}|^\W*(?:BEGIN|END)\b/u;

/**
 * The user's text within a prompt: what stands between marks, tags or the first and the last fence
 * line; where there are none, all of it.
 */
export function textOf(prompt: string): string {
  const enclosed = (marked.exec(prompt) ?? tagged.exec(prompt))?.[2];
  if (enclosed !== undefined) return enclosed;
  const lines = prompt.split("\n");
  const first = lines.findIndex((line) => fenceLine.test(line));
  const last = lines.findLastIndex((line) => fenceLine.test(line));
  return first < last ? lines.slice(first + 1, last).join("\n") : prompt;
}

/** A rating prompt taken apart: the user's text and the theme of the last line `Theme: …`. */
export function readRatingPrompt(prompt: string): { text: string; theme: string } {
  const line = [...prompt.matchAll(/^Theme(?: \d+)?: (.*)$/gm)].at(-1);
  const before = prompt.slice(0, line?.index ?? prompt.length);
  const turn = [...before.matchAll(turnMarkers)].at(-1);
  const body = turn === undefined ? before : before.slice(turn.index + turn[0].length);
  const theme = (line?.[1] ?? "").split(endMarkers)[0] ?? "";
  return { text: textOf(body), theme: theme.trim() };
}

/**
 * What a key of a schema stands for: its description; else the rest of the prompt's line that lists
 * it ("3. Money - …", "money: Money"); else the key itself.
 */
export function themeOfKey(key: string, description: string | undefined, prompt: string): string {
  if (description !== undefined && description !== "") {
    return /^\d+$/.test(key) ? description : `${key} - ${description}`;
  }
  const escaped = key.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const listed = new RegExp(`^[\\s\\-*"\`]*${escaped}["\`]?\\s*[.):=|-]\\s*(.+)$`, "gmu");
  // The last such line: a text that comes first may hold one too.
  return [...prompt.matchAll(listed)].at(-1)?.[1]?.trim() ?? key;
}

/**
 * The text a structured request is about. Without a fence the lines that list themes are left out,
 * or each theme would find itself.
 */
export function textBeside(prompt: string, themes: readonly string[]): string {
  const text = textOf(prompt);
  if (text !== prompt) return text;
  const lists = (line: string): boolean =>
    themes.some((theme) => line.includes(theme)) || /^\s*(?:\d+[.):]|[-*] )/.test(line);
  return text
    .split("\n")
    .filter((line) => !lists(line))
    .join("\n");
}

/** A summary as the fake models write it: the first sentence of the text, at most 20 words. */
export function summaryOf(prompt: string): string {
  const sentence =
    textOf(prompt)
      .trim()
      .split(/(?<=[.!?])\s/)[0] ?? "";
  return `In short: ${sentence.split(/\s+/).slice(0, 20).join(" ")}`;
}
