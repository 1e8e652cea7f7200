"""The model families' own tokenizers and chat templates: JSON lines in, JSON lines out. (Phi-3: phi-3.ts.)

Each line asks {family, system, user, text} for `template` (the family's rendering of the two messages
up to the assistant's turn), `tokens` of text as [id, piece, is_control] and answers in the same order.
argv: the folder of Llama 3.1's tokenizer, the folder of the served model.
"""

import json
import re
import sys

from mistral_common.protocol.instruct.messages import SystemMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from transformers import AutoTokenizer

llama_3, served = sys.argv[1], sys.argv[2]

class HuggingFace:
    """A tokenizer.json with its own chat template."""

    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.control = {i for i, t in self.tokenizer.added_tokens_decoder.items() if t.special}

    def template(self, system, user):
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)

    def tokens(self, text):
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        pieces = self.tokenizer.convert_ids_to_tokens(ids)
        return [[i, piece, i in self.control] for i, piece in zip(ids, pieces)]


class Mistral:
    """mistral-common's instruct tokenizer v3. It knows no control tokens in text, so they are split off."""

    def __init__(self):
        self.whole = MistralTokenizer.v3()
        self.tokenizer = self.whole.instruct_tokenizer.tokenizer
        pieces = [self.tokenizer.id_to_piece(i) for i in range(1000)]
        self.control = {p: i for i, p in enumerate(pieces) if re.fullmatch(r"</?s>|<unk>|\[/?[A-Za-z_0-9]+\]", p)}
        self.split = re.compile("(" + "|".join(map(re.escape, self.control)) + ")")

    def template(self, system, user):
        messages = [SystemMessage(content=system), UserMessage(content=user)]
        text = self.whole.encode_chat_completion(ChatCompletionRequest(messages=messages)).text
        return text.replace("▁", " ").replace("<0x0A>", "\n")

    def tokens(self, text):
        found = []
        for part in self.split.split(text):
            if part in self.control:
                found.append([self.control[part], part, True])
            elif part:
                # SentencePiece puts a blank before what it is given; ours brings its own.
                ids = self.tokenizer.encode(part.removeprefix(" "), bos=False, eos=False)
                found += [[i, self.tokenizer.id_to_piece(i), False] for i in ids]
        return found


families = {
    "llama-3": HuggingFace(llama_3),
    "mistral": Mistral(),
    "chatml": HuggingFace(served),
}

for line in sys.stdin:
    asked = json.loads(line)
    family = families[asked["family"]]
    answer = {"tokens": family.tokens(asked["text"])}
    if "user" in asked:
        answer["template"] = family.template(asked["system"], asked["user"])
    print(json.dumps(answer), flush=True)
