"""repair.py SOURCE TARGET: copies the models below SOURCE to TARGET and makes the edits that let transformers 4.51.3 read them.

Each edit is the remedy of one rule. The weights stay as they are.
"""

import json
import shutil
import sys
from pathlib import Path

VERSION = "4.51.3"


def text_config(config: dict) -> None:
    """Qwen2-VL and Qwen2.5-VL have the settings of the text at the top level, and no `text_config` (which 4.57 writes as well)."""
    if config["model_type"] in ("qwen2_vl", "qwen2_5_vl") and "text_config" in config:
        text = config.pop("text_config")
        if "hidden_size" not in config:
            config.update({key: value for key, value in text.items() if key not in ("model_type", "architectures", "_name_or_path")})


def num_local_experts(config: dict) -> None:
    """The number of experts of Qwen3-MoE is named `num_experts`."""
    if config["model_type"] == "qwen3_moe" and "num_local_experts" in config:
        config["num_experts"] = config.pop("num_local_experts")


def scale_decoder_outputs(config: dict) -> None:
    """T5: newer versions always write `tie_word_embeddings: true` and keep the real value in `scale_decoder_outputs`."""
    if config["model_type"] == "t5" and "scale_decoder_outputs" in config:
        config["tie_word_embeddings"] = config.pop("scale_decoder_outputs")


def rope_parameters(config: dict) -> None:
    """`rope_theta` moves to the top level, and what else there is becomes `rope_scaling`."""
    if isinstance(config.get("text_config"), dict):  # Mllama
        rope_parameters(config["text_config"])
    scaling = config.pop("rope_parameters", None)
    if scaling is None:
        return
    config["rope_theta"] = scaling.pop("rope_theta")
    if "mrope_section" in scaling:  # Qwen2-VL, as published
        scaling = {"type": "mrope", "mrope_section": scaling["mrope_section"]}
    config["rope_scaling"] = None if scaling == {"rope_type": "default"} else scaling


def dtype(config: dict) -> None:
    """`dtype` is named `torch_dtype`."""
    for part in ("text_config", "vision_config"):
        if isinstance(config.get(part), dict):
            dtype(config[part])
    if "dtype" in config:
        config["torch_dtype"] = config.pop("dtype")


def transformers_version(config: dict) -> None:
    """Last, as a note that the file can be read by this version."""
    config["transformers_version"] = VERSION


def tokenizer_class(tokenizer: dict) -> None:
    """`PreTrainedTokenizerFast` reads `tokenizer.json` as it is, as `TokenizersBackend` does, and with the same names of inputs."""
    if tokenizer.get("tokenizer_class") == "TokenizersBackend":
        tokenizer["tokenizer_class"] = "PreTrainedTokenizerFast"
        tokenizer.setdefault("model_input_names", ["input_ids", "attention_mask"])


def extra_special_tokens(tokenizer: dict) -> None:
    """A list of `extra_special_tokens` is named `additional_special_tokens`."""
    if isinstance(tokenizer.get("extra_special_tokens"), list):
        tokenizer["additional_special_tokens"] = tokenizer.pop("extra_special_tokens")


def chat_template(folder: Path, tokenizer: dict) -> None:
    """The chat templates move into `tokenizer_config.json`."""
    default, named = folder / "chat_template.jinja", sorted((folder / "additional_chat_templates").glob("*.jinja"))
    if not default.exists():
        return
    template = default.read_text()
    tokenizer["chat_template"] = template if not named else [
        {"name": "default", "template": template}, *({"name": path.stem, "template": path.read_text()} for path in named),
    ]
    default.unlink()
    shutil.rmtree(folder / "additional_chat_templates", ignore_errors=True)


def total_parameters(index: dict) -> None:
    """`total_parameters` leaves the metadata of the index."""
    index["metadata"].pop("total_parameters", None)


def edit(path: Path, *edits) -> None:
    if path.exists():
        content = json.loads(path.read_text())
        for apply in edits:
            apply(content)
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def repair(folder: Path) -> None:
    edit(folder / "config.json", text_config, num_local_experts, scale_decoder_outputs, rope_parameters, dtype, transformers_version)
    edit(folder / "generation_config.json", transformers_version)
    edit(folder / "tokenizer_config.json", tokenizer_class, extra_special_tokens, lambda content: chat_template(folder, content))
    edit(folder / "model.safetensors.index.json", total_parameters)


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    for model in sorted(path for path in source.iterdir() if path.is_dir()):
        shutil.copytree(model, target / model.name)
        repair(target / model.name)
