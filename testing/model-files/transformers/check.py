"""check.py EXPECTED FOLDER: what the transformers of this Python reads from the models below FOLDER, as JSON.

EXPECTED has the same models as they were saved first. A model is the same if its logits for fixed tokens are; a tokenizer if its
tokens for a text are, and if it writes the same prompts.
"""

import json
import sys
from pathlib import Path

import torch
import transformers

TEXT = "<|user|> the cat sat <|end|> a model wrote"
MESSAGES = [{"role": "user", "content": "hello"}]
TOKENS = torch.arange(200).remainder(60).add(4).unsqueeze(0)


IRRELEVANT = {"transformers_version", "torch_dtype", "_name_or_path"}


def one_line(error: Exception) -> str:
    return f"{type(error).__name__}: " + " ".join(line.strip() for line in str(error).splitlines()[:2])


def model_of(folder: Path):
    architecture = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    model, loading = getattr(transformers, architecture).from_pretrained(folder, torch_dtype="auto", output_loading_info=True)
    return model, {key: sorted(value) for key, value in loading.items() if value}


def logits(model) -> torch.Tensor:
    inputs = {"decoder_input_ids": TOKENS} if model.config.is_encoder_decoder else {}
    with torch.no_grad():
        return model.float().eval()(TOKENS, **inputs).logits


def differences(expected: dict, found: dict, path: str = "") -> dict:
    """The settings with another value, of those that the model was saved with first."""
    result = {}
    for key, value in expected.items():
        now = found.get(key)
        if isinstance(value, dict) and isinstance(now, dict):
            result |= differences(value, now, f"{path}{key}.")
        elif now != value and key not in IRRELEVANT:
            result[path + key] = {"saved": value, "read": now}
    return result


def read_model(expected: Path, folder: Path) -> dict:
    try:
        model, loading = model_of(folder)
    except Exception as error:
        return {"error": one_line(error)}
    dtype = str(model.dtype).removeprefix("torch.")
    original, _ = model_of(expected)
    difference = (logits(model) - logits(original)).abs().max().item()
    config = model.config.to_dict()
    changes = differences(original.config.to_dict(), config)
    return {
        "class": type(model).__name__,
        **({"other settings": changes} if changes else {}),
        "dtype": dtype,
        **({"loading": loading} if loading else {}),
        "same logits": difference == 0,
        **({"largest difference": round(difference, 1)} if difference else {}),
    }


def prompts(tokenizer) -> dict:
    template = tokenizer.chat_template
    named = {"default": template} if isinstance(template, str) else template or {}
    return {name: tokenizer.apply_chat_template(MESSAGES, tools=[], chat_template=text, tokenize=False) for name, text in named.items()}


def read_tokenizer(expected: Path, folder: Path) -> dict:
    original = transformers.AutoTokenizer.from_pretrained(expected)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    except Exception as error:
        return {"error": one_line(error)}
    return {
        "class": type(tokenizer).__name__,
        "same tokens": tokenizer(TEXT)["input_ids"] == original(TEXT)["input_ids"],
        "same text": tokenizer.decode(tokenizer(TEXT)["input_ids"]) == original.decode(original(TEXT)["input_ids"]),
        "same inputs": sorted(tokenizer(TEXT)) == sorted(original(TEXT)),
        "same special tokens": tokenizer.special_tokens_map == original.special_tokens_map,
        "chat templates": sorted(prompts(tokenizer)),
        "same prompts": prompts(tokenizer) == prompts(original),
    }


if __name__ == "__main__":
    before, after = map(Path, sys.argv[1:])
    print(json.dumps({
        folder.name: {
            "model": read_model(before / folder.name, folder),
            **({"tokenizer": read_tokenizer(before / folder.name, folder)} if (folder / "tokenizer.json").exists() else {}),
        }
        for folder in sorted(path for path in after.iterdir() if path.is_dir())
    }, indent=2))
