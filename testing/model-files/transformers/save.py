"""Makes tiny models with random weights and saves them with the transformers that this Python has.

save.py make TARGET MODEL ...       makes the models and saves them below TARGET
save.py again SOURCE TARGET         loads the models below SOURCE and saves them again below TARGET, as a training does
save.py models-again SOURCE TARGET  the same, without tokenizers; leaves out the models that cannot be loaded
"""

import sys
from pathlib import Path

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

TEXT = ["the cat sat on the mat", "a model reads what another model wrote", "<|user|> hello <|end|> <|assistant|> hello"]
TEMPLATE = "{% for message in messages %}<|{{ message['role'] }}|> {{ message['content'] }} <|end|>{% endfor %}"
TOOL_TEMPLATE = "{{ tools }}" + TEMPLATE
ROLES = ["<|user|>", "<|assistant|>", "<|end|>"]
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
LLAMA3_SCALING = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192,
}

GPT_OSS_SCALING = {
    "rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "original_max_position_embeddings": 4096, "truncate": False,
}

VOCABULARY = 96
SIZES = {
    "vocab_size": VOCABULARY, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "initializer_range": 0.5, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3,
}
EXPERTS = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16, "head_dim": 8}
MLLAMA_TEXT = {
    **SIZES, "max_position_embeddings": 131072, "rope_theta": 500000.0, "rope_scaling": LLAMA3_SCALING, "cross_attention_layers": [1],
}
MLLAMA_VISION = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_global_layers": 1, "attention_heads": 2, "intermediate_size": 16, "vision_output_dim": 32,
    "image_size": 28, "patch_size": 14, "max_num_tiles": 1, "intermediate_layers_indices": [0], "supported_aspect_ratios": [[1, 1]],
}
VISION_TOKENS = {"vision_start_token_id": 90, "vision_end_token_id": 91, "image_token_id": 92, "video_token_id": 93}
MROPE = {"type": "mrope", "mrope_section": [1, 1, 2]}
QWEN2_VISION = {"depth": 1, "embed_dim": 16, "hidden_size": 16, "num_heads": 2, "mlp_ratio": 1}
QWEN25_VISION = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16, "fullatt_block_indexes": [0]}
T5_SIZES = {
    "vocab_size": VOCABULARY, "d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2,
    "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False,  # as Flan-T5
    "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0,
}

# name: class of the configuration, class of the model, class of the tokenizer, arguments of the configuration
MODELS = {
    "llama2": ("LlamaConfig", "LlamaForCausalLM", "LlamaTokenizerFast", {**SIZES, "max_position_embeddings": 4096}),
    "llama3": ("LlamaConfig", "LlamaForCausalLM", "PreTrainedTokenizerFast",
               {**SIZES, "max_position_embeddings": 131072, "rope_theta": 500000.0, "rope_scaling": LLAMA3_SCALING}),
    "mistral": ("MistralConfig", "MistralForCausalLM", "LlamaTokenizerFast",
                {**SIZES, "max_position_embeddings": 32768, "rope_theta": 1000000.0, "sliding_window": None}),
    "mixtral": ("MixtralConfig", "MixtralForCausalLM", "LlamaTokenizerFast",
                {**SIZES, "max_position_embeddings": 32768, "rope_theta": 1000000.0, "num_local_experts": 2, "num_experts_per_tok": 1}),
    "qwen2": ("Qwen2Config", "Qwen2ForCausalLM", "Qwen2TokenizerFast",
              {**SIZES, "max_position_embeddings": 32768, "rope_theta": 1000000.0, "tie_word_embeddings": True}),
    "qwen3": ("Qwen3Config", "Qwen3ForCausalLM", "Qwen2TokenizerFast",
              {**SIZES, "max_position_embeddings": 40960, "rope_theta": 1000000.0, "head_dim": 8}),
    "qwen3-moe": ("Qwen3MoeConfig", "Qwen3MoeForCausalLM", "Qwen2TokenizerFast",
                  {**SIZES, "max_position_embeddings": 40960, "rope_theta": 1000000.0, **EXPERTS}),
    "starcoder": ("GPTBigCodeConfig", "GPTBigCodeForCausalLM", "GPT2TokenizerFast",
                  {"vocab_size": VOCABULARY, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 8192, "initializer_range": 0.5,
                   "bos_token_id": 1, "eos_token_id": 2}),
    "flan-t5": ("T5Config", "T5ForConditionalGeneration", "T5TokenizerFast", T5_SIZES),
    "mllama": ("MllamaConfig", "MllamaForConditionalGeneration", "PreTrainedTokenizerFast", {"text_config": MLLAMA_TEXT, "vision_config": MLLAMA_VISION}),
    "qwen2-vl": ("Qwen2VLConfig", "Qwen2VLForConditionalGeneration", "Qwen2TokenizerFast",
                 {**SIZES, "max_position_embeddings": 32768, "rope_theta": 1000000.0, "rope_scaling": dict(MROPE), "vision_config": QWEN2_VISION,
                  **VISION_TOKENS}),
    "qwen2.5-vl": ("Qwen2_5_VLConfig", "Qwen2_5_VLForConditionalGeneration", "Qwen2TokenizerFast",
                   {**SIZES, "max_position_embeddings": 128000, "rope_theta": 1000000.0, "rope_scaling": dict(MROPE), "vision_config": QWEN25_VISION,
                    **VISION_TOKENS}),
    "gpt-oss": ("GptOssConfig", "GptOssForCausalLM", "PreTrainedTokenizerFast",
                {**SIZES, "max_position_embeddings": 131072, "head_dim": 8, "num_local_experts": 2, "num_experts_per_tok": 1,
                 "rope_theta": 150000.0, "rope_scaling": GPT_OSS_SCALING}),
}

SHARDED = {"llama3", "qwen3-moe", "gpt-oss"}
WITHOUT_TEMPLATE = {"flan-t5", "starcoder"}
NAMED_TEMPLATES = {"mistral"}


def tokenizer_of(name: str, class_name: str):
    """A tokenizer of the kind that the class has in public models."""
    order = [SPECIAL[token] for token in ("unk_token", "bos_token", "eos_token", "pad_token")]
    extra = {}
    if class_name == "T5TokenizerFast":
        order = [SPECIAL[token] for token in ("pad_token", "eos_token", "unk_token", "bos_token")]
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
        tokenizer.decoder = decoders.Metaspace()
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
        trainer = trainers.UnigramTrainer(vocab_size=VOCABULARY, special_tokens=order, unk_token="<unk>")
        extra = {"extra_ids": 0}
    elif class_name == "LlamaTokenizerFast":
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
        tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=order)
    else:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=VOCABULARY - len(ROLES), special_tokens=order)
        if class_name == "PreTrainedTokenizerFast":  # as Llama 3
            tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
            extra = {"model_input_names": ["input_ids", "attention_mask"]}
    tokenizer.train_from_iterator(TEXT, trainer)
    made = getattr(transformers, class_name)(tokenizer_object=tokenizer, **SPECIAL, **extra)
    if name not in WITHOUT_TEMPLATE and class_name != "LlamaTokenizerFast":
        made.add_special_tokens({"additional_special_tokens": [AddedToken(role, special=True) for role in ROLES]})
    if name in NAMED_TEMPLATES:
        made.chat_template = {"default": TEMPLATE, "tool_use": TOOL_TEMPLATE}
    elif name not in WITHOUT_TEMPLATE:
        made.chat_template = TEMPLATE
    assert len(made) <= VOCABULARY, (name, len(made))
    return made


def save(name: str, model, tokenizer, target: Path) -> None:
    folder = target / name
    model.save_pretrained(folder, **({"max_shard_size": "6KB"} if name in SHARDED else {}))
    tokenizer.save_pretrained(folder)
    print(f"{name}: {type(model).__name__}, {type(tokenizer).__name__}", flush=True)


def make(target: Path, *names: str) -> None:
    for name in names:
        config_class, model_class, tokenizer_class, arguments = MODELS[name]
        torch.manual_seed(7)
        model = getattr(transformers, model_class)(getattr(transformers, config_class)(**arguments)).to(torch.bfloat16)
        if name == "gpt-oss":
            model.generation_config.eos_token_id = [200002, 199999, 200012]  # as published
        save(name, model, tokenizer_of(name, tokenizer_class), target)


def again(source: Path, target: Path) -> None:
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        model_class = transformers.AutoConfig.from_pretrained(folder).architectures[0]
        model = getattr(transformers, model_class).from_pretrained(folder, torch_dtype="auto")
        save(folder.name, model, transformers.AutoTokenizer.from_pretrained(folder), target)


def models_again(source: Path, target: Path) -> None:
    """Without the tokenizers."""
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        try:
            model_class = transformers.AutoConfig.from_pretrained(folder).architectures[0]
            getattr(transformers, model_class).from_pretrained(folder, torch_dtype="auto").save_pretrained(target / folder.name)
        except Exception as error:
            print(f"{folder.name}: {type(error).__name__}")


if __name__ == "__main__":
    action, *arguments = sys.argv[1:]
    if action == "make":
        make(Path(arguments[0]), *arguments[1:])
    else:
        {"again": again, "models-again": models_again}[action](*map(Path, arguments))
