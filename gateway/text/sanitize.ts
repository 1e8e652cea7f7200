// Takes the power from control tokens in user text: what a tokenizer would read as one is broken up.

// Chat markup of Llama 3 and 4, ChatML, Phi, Qwen, DeepSeek, GPT-OSS, Command R: <|…|>, and its halves.
const pipeOpen = /<(?=\|)/gu;
const pipeClose = /\|(?=>)/gu;
// Sentence, turn, tool and fill-in tokens of Llama 2, Mistral, Phi-3, Gemma, Qwen, T5, XLM-R, StarCoder.
const angleToken =
  /<(?=\/?(?:s|unk|pad|bos|eos|eod|sop|eop|mask|think|start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token|start_function_\w{1,20}|end_function_\w{1,20}|tool_call|tool_response|unused_?\d+|extra_id_\d+|fim_\w{1,12}|file_sep|repo_name|reserved_\w{1,40}|special_\d+|0x[0-9a-f]{2})>)/giu;
// Instruction markup of Llama 2 and Mistral, and the tokens of BERT's rerankers: [INST], [SEP].
const bracketToken =
  /\[(?=\/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|SYSTEM_PROMPT|IMG|AUDIO|BEGIN_AUDIO|TRANSCRIBE|THINK|PREFIX|SUFFIX|MIDDLE|CALL_ID|ARGS|MODEL_SETTINGS|STREAMING_\w{1,12}|CLS|SEP|MASK|gMASK|sMASK|PAD|UNK|BOS|EOS|control_\d+|unused\d+)[\]_])/giu;
const systemToken = /<(?=<\/?SYS>>)/giu;
const breaks = [pipeOpen, pipeClose, angleToken, bracketToken, systemToken];

// Characters that show nothing and steer everything: C0 (but tab and line feed), C1, bidi, tags.
const invisible =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu;
// One variation selector chooses a glyph; a run of them carries bytes that nobody sees.
const selectorRun = /([\ufe00-\ufe0f\u{e0100}-\u{e01ef}])[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]+/gu;
const foldable = /[\uff01-\uff5e\ufe64\ufe65]/g;

/** What all of these have one of: most text has none and needs no second look. */
const suspicious =
  /[<[|\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufe64\ufe65\uff01-\uff5e\u{e0000}-\u{e01ef}]|\p{VS}/u;

/**
 * Text that a tokenizer of any supported family reads as plain characters, one that folds full-width
 * forms too. A fixpoint after one pass: hidden characters, whose loss may join the halves of a token,
 * go first, and all else only puts spaces in, each within a token.
 */
export function neutralize(text: string): string {
  if (!suspicious.test(text)) return text;
  const shown = text.replace(invisible, "").replace(selectorRun, "$1");
  const folded = shown.replace(foldable, fold);
  const places = new Set<number>();
  for (const token of breaks) {
    for (const { index } of folded.matchAll(token)) places.add(index + 1);
  }
  if (places.size === 0) return shown;
  let broken = "";
  let from = 0;
  for (const at of [...places].toSorted((a, b) => a - b)) {
    broken += `${shown.slice(from, at)} `;
    from = at;
  }
  return broken + shown.slice(from);
}

/** `neutralize` on one line: for labels and descriptions, which must not open a line of their own. */
export function neutralizeLine(text: string): string {
  return neutralize(text).replace(/\s+/gu, " ").trim();
}

/** The ASCII sign of a full-width or small form: one unit for one, so that places stay. */
function fold(sign: string): string {
  if (sign === "\ufe64") return "<";
  if (sign === "\ufe65") return ">";
  return String.fromCharCode(sign.charCodeAt(0) - 0xfee0);
}
