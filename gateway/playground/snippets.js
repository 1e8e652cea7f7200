// The present form as code. The key is a variable; its value is never written.

/** @typedef {import("./request.js").RequestBody} RequestBody */
/** @typedef {{ name: string, make: (body: RequestBody, origin: string) => string }} Snippet */

/** What turns or hides text is written as an escape, which JSON, TypeScript and Python read alike. */
const unseen = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** @param {unknown} value */
export function jsonOf(value) {
  return JSON.stringify(value, null, 2).replaceAll(
    unseen,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** @param {unknown} value @returns {string} the same as a Python literal */
function pythonOf(value) {
  const text = jsonOf(value);
  // Outside of strings JSON and Python differ in three words.
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (token) => {
    const words = { true: "True", false: "False", null: "None" };
    return token in words ? words[/** @type {keyof typeof words} */ (token)] : token;
  });
}

/** @param {string} text @param {number} width */
const indent = (text, width) => text.replaceAll("\n", `\n${" ".repeat(width)}`);

/** @type {readonly Snippet[]} */
export const snippets = [
  {
    name: "curl",
    // A quoted heredoc: nothing in the text means anything to the shell.
    make: (body, origin) =>
      [
        `curl -sN ${origin}/v1/analyze \\`,
        `  -H "Authorization: Bearer $THEMERANK_API_KEY" \\`,
        `  -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \\`,
        `  --data-binary @- <<'JSON'`,
        jsonOf(body),
        "JSON",
      ].join("\n"),
  },
  {
    name: "TypeScript",
    make: (body, origin) =>
      [
        `import { ThemeRank } from "themerank";`,
        "",
        "const client = new ThemeRank({",
        `  baseUrl: "${origin}",`,
        "  apiKey: process.env.THEMERANK_API_KEY,",
        "});",
        "",
        `const { data, error } = await client.analyze(${jsonOf(body)});`,
        "if (error) throw new Error(error.detail);",
        "for (const { rank, label, score } of data.themes) console.log(rank, label, score);",
        "console.log(data.summary.text);",
      ].join("\n"),
  },
  {
    name: "Python",
    make: (body, origin) =>
      [
        "import os",
        "import httpx",
        "",
        "response = httpx.post(",
        `    "${origin}/v1/analyze",`,
        `    headers={"Authorization": f"Bearer {os.environ['THEMERANK_API_KEY']}"},`,
        `    json=${indent(pythonOf(body), 4)},`,
        "    timeout=35,",
        ")",
        "response.raise_for_status()",
        "answer = response.json()",
        `for theme in answer["themes"]:`,
        `    print(theme["rank"], theme["label"], theme["score"])`,
        `print(answer["summary"]["text"])`,
      ].join("\n"),
  },
  { name: "Request", make: (body) => jsonOf(body) },
];
