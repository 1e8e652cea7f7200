// Takes the power from control tokens in user text: what a tokenizer would read as one is broken up.

// Chat markup of Llama 3, ChatML, Phi-3, Qwen and DeepSeek, in ASCII and full-width forms.
const pipeOpen = /([<＜])([|｜])/gu;
const pipeClose = /([|｜])([>＞])/gu;
// Sentence and turn tokens of Llama 2, Mistral, Gemma and Phi-3: <s>, </s>, <start_of_turn>, <0x0A>.
const angleToken =
  /<(?=\/?(?:s|unk|pad|bos|eos|mask|think|start_of_turn|end_of_turn|start_of_image|tool_call|tool_response|special_\d+|0x[0-9a-f]{2})>)/giu;
// Instruction markup of Llama 2 and Mistral: [INST], [/INST], [TOOL_CALLS], <<SYS>>.
const bracketToken =
  /\[(?=\/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|SYSTEM_PROMPT|IMG|THINK|PREFIX|SUFFIX|MIDDLE|CALL_ID|ARGS|MODEL_SETTINGS|control_\d+)[\]_])/gu;
const systemToken = /<(?=<\/?SYS>>)/gu;
// Characters that show nothing and steer everything: C0 (but tab and line feed), C1, bidi, tags.
const invisible =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Text that a tokenizer of any supported family reads as plain characters. A fixpoint after one
 * pass: hidden characters, whose loss may join the halves of a token, go first, and all else only
 * puts spaces in.
 */
export function neutralize(text: string): string {
  return text
    .replace(invisible, "")
    .replace(pipeOpen, "$1 $2")
    .replace(pipeClose, "$1 $2")
    .replace(angleToken, "< ")
    .replace(bracketToken, "[ ")
    .replace(systemToken, "< ");
}

/** `neutralize` on one line: for labels and descriptions, which must not open a line of their own. */
export function neutralizeLine(text: string): string {
  return neutralize(text).replace(/\s+/gu, " ").trim();
}
