"""Every setting of the configurations, changed one by one: does a newer transformers write it so that an older one reads it?

settings.py make TARGET            writes a config.json per setting (with the older)
settings.py again SOURCE TARGET    loads and saves each (with the newer)
settings.py compare SOURCE TARGET  prints the settings whose values have changed (with the older)
"""

import json
import sys
from pathlib import Path

import transformers

CLASSES = """LlamaConfig MistralConfig MixtralConfig T5Config GPTBigCodeConfig MllamaConfig Qwen2Config Qwen2VLConfig Qwen2_5_VLConfig
Qwen3Config Qwen3MoeConfig""".split()
# What a config.json has only for reasons of history: generation_config.json has it, or another library.
ELSEWHERE = {
    *"bad_words_ids begin_suppress_tokens diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size".split(),
    *"exponential_decay_length_penalty forced_bos_token_id forced_eos_token_id length_penalty max_length min_length".split(),
    *"no_repeat_ngram_size num_beam_groups num_beams num_return_sequences output_scores remove_invalid_values".split(),
    *"repetition_penalty return_dict_in_generate suppress_tokens temperature top_k top_p typical_p".split(),
    *"output_attentions output_hidden_states problem_type prefix finetuning_task use_bfloat16 tf_legacy_loss torchscript".split(),
    *"task_specific_params tokenizer_class sep_token_id cross_attention_hidden_size is_decoder add_cross_attention".split(),
    *"chunk_size_feed_forward tie_encoder_decoder model_type transformers_version torch_dtype architectures".split(),
}


def leaves(settings: dict, path: tuple = ()):
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, str(key)))
        elif isinstance(key, str) and not key.startswith("_") and key not in ELSEWHERE:
            yield (*path, key), value


def at(settings: dict, path: tuple):
    for key in path:
        settings = settings.get(key) if isinstance(settings, dict) else None
    return settings


def another(value):
    if isinstance(value, bool):
        return not value
    return value * 2 or 1 if isinstance(value, (int, float)) else 1


def folders(source: Path):
    return sorted(path.parent for path in source.glob("*/*/config.json"))


def make(target: Path) -> None:
    for name in CLASSES:
        default = getattr(transformers, name)().to_dict()
        for path, value in leaves(default):
            if value is not None and not isinstance(value, (int, float)):
                continue
            settings = json.loads(json.dumps(default))
            at(settings, path[:-1])[path[-1]] = another(value)
            try:
                getattr(transformers, name).from_dict(settings).save_pretrained(target / name / ".".join(path))
            except Exception:  # a value that the class does not accept
                continue


def again(source: Path, target: Path) -> None:
    for folder in folders(source):
        name = folder.parent.name
        try:
            getattr(transformers, name).from_pretrained(folder).save_pretrained(target / name / folder.name)
        except Exception as error:
            print(f"{name}.{folder.name}: not tested, {type(error).__name__}", file=sys.stderr)


def compare(source: Path, target: Path) -> None:
    files = folders(target)
    print(f"{len(files)} settings")
    for folder in files:
        name, path = folder.parent.name, tuple(folder.name.split("."))
        load = getattr(transformers, name).from_pretrained
        saved, read = (at(load(place / name / folder.name).to_dict(), path) for place in (source, target))
        if saved != read:
            print(f"{name}.{folder.name}: saved {saved}, read {read}")


if __name__ == "__main__":
    action, *paths = sys.argv[1:]
    {"make": make, "again": again, "compare": compare}[action](*map(Path, paths))
