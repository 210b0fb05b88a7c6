import type { Case, FailingCase } from './case';
import { add, config, gptOss, large, llama, shapes, sharded, TOKENIZER, TOKENIZER_CONFIG, tokenizerConfig, WEIGHTS, weights } from './variations';
import { FAMILIES } from '../families';
import { below, withFields, without } from '../model-files';
import { shardName, validModel } from '../models';
import { safetensorsFile } from '../safetensors-file';
import { BEGIN_OF_TEXT } from '../tokenizer';

/** The weights: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'no-safetensors',
    what: 'no weights',
    files: without(llama, WEIGHTS),
    finds: [{
      severity: 'error',
      message: 'The folder has no *.safetensors files, in which an import needs the weights.',
      remedy: 'Load the model with transformers==4.51.3, and save it with save_pretrained(folder, safe_serialization=True).',
    }],
  },
  {
    rule: 'no-safetensors',
    what: 'weights of PyTorch',
    files: add({ 'pytorch_model.bin': 'x', 'training_args.bin': 'x' }, without(llama, WEIGHTS)),
    finds: [{
      severity: 'error',
      file: 'pytorch_model.bin',
      message: 'The weights are in pytorch_model.bin. An import needs them in *.safetensors files of Transformers, in the folder of the model '
        + 'itself.',
      remedy: 'Load the model with transformers==4.51.3, and save it with save_pretrained(folder, safe_serialization=True).',
    }],
  },
  {
    rule: 'no-safetensors',
    what: 'GPT-OSS without weights',
    files: without(gptOss, WEIGHTS),
    finds: [{
      severity: 'error',
      message: 'The folder has no *.safetensors files, in which an import needs the weights.',
      remedy: 'Load the model with transformers, and save it with save_pretrained(folder, safe_serialization=True).',
    }],
  },
  {
    rule: 'no-safetensors',
    what: 'GGUF',
    files: add({ 'model.Q4_K_M.gguf': 'x' }, without(llama, WEIGHTS)),
    finds: [{
      severity: 'error',
      file: 'model.Q4_K_M.gguf',
      message: 'The weights are in model.Q4_K_M.gguf. An import needs them in *.safetensors files of Transformers, in the folder of the model '
        + 'itself.',
      remedy: 'Load the model with transformers==4.51.3, and save it with save_pretrained(folder, safe_serialization=True).',
    }],
  },
  {
    rule: 'no-safetensors',
    what: 'only the format of Mistral',
    files: add({ 'consolidated.safetensors': llama[WEIGHTS] }, without(llama, WEIGHTS)),
    finds: [{
      severity: 'error',
      file: 'consolidated.safetensors',
      message: 'The weights are in consolidated.safetensors. An import needs them in *.safetensors files of Transformers, in the folder of the '
        + 'model itself.',
      remedy: 'Load the model with transformers==4.51.3, and save it with save_pretrained(folder, safe_serialization=True).',
    }],
  },
  {
    rule: 'no-safetensors',
    what: 'weights in a folder',
    files: add({ 'weights/model.safetensors': llama[WEIGHTS] }, without(llama, WEIGHTS)),
    finds: [{
      severity: 'error',
      file: 'weights/model.safetensors',
      message: 'The weights are in weights/model.safetensors. An import needs them in *.safetensors files of Transformers, in the folder of the '
        + 'model itself.',
      remedy: 'Move the files of weights/ to the folder of config.json.',
    }],
  },
  {
    rule: 'adapter-without-weights',
    what: 'LoRA',
    files: { 'adapter_config.json': '{}', 'adapter_model.safetensors': llama[WEIGHTS], [TOKENIZER_CONFIG]: llama[TOKENIZER_CONFIG] },
    finds: [{
      severity: 'error',
      file: 'adapter_config.json',
      message: 'The folder has adapter_config.json and no weights of a model. An import needs the weights of the model with the adapter.',
      remedy: 'Merge the adapter: load it with peft, and save the result of merge_and_unload() with save_pretrained of transformers==4.51.3.',
    }],
  },
  {
    rule: 'other-weights',
    what: 'the format of Mistral',
    files: add({ 'consolidated.safetensors': llama[WEIGHTS] }),
    finds: [{
      severity: 'warning',
      file: 'consolidated.safetensors',
      message: 'Beside the weights that are imported, the folder has consolidated.safetensors: weights in another format, which the import does '
        + 'not need.',
      remedy: 'Delete it, or upload the model without it.',
    }],
  },
  {
    rule: 'other-weights',
    what: 'the original weights of Llama',
    files: add({ 'original/consolidated.00.pth': 'x', 'original/params.json': '{}' }),
    finds: [{
      severity: 'warning',
      file: 'original/consolidated.00.pth',
      message: 'Beside the weights that are imported, the folder has original/consolidated.00.pth and original/params.json: weights in another '
        + 'format, which the import does not need.',
      remedy: 'Delete them, or upload the model without them.',
    }],
  },
  {
    rule: 'other-weights',
    what: 'GPT-OSS for Metal',
    files: add({ 'metal/model.bin': 'x' }, gptOss),
    finds: [{
      severity: 'warning',
      file: 'metal/model.bin',
      message: 'Beside the weights that are imported, the folder has metal/model.bin: weights in another format, which the import does not need.',
      remedy: 'Delete it, or upload the model without it.',
    }],
  },
  {
    rule: 'weights-too-large',
    what: 'a text model of 215 GB',
    files: weights(large(215)),
    finds: [{
      severity: 'error',
      message: 'The *.safetensors files have 215.0 GB. The weights of a text model must have less than 200 GB.',
      remedy: 'Save the model with torch_dtype=torch.bfloat16 if it has float32 weights, or import a smaller one.',
    }],
  },
  {
    rule: 'weights-too-large',
    what: 'a text model of 200 GB, which are less than 200 GiB',
    files: weights(large(200)),
    finds: [{
      severity: 'warning',
      message: 'The *.safetensors files have 200.0 GB. The weights of a text model must have less than 200 GB; AWS does not say whether these are '
        + '200 GiB.',
      remedy: 'Save the model with torch_dtype=torch.bfloat16 if it has float32 weights, or import a smaller one.',
    }],
  },
  {
    rule: 'weights-too-large',
    what: 'a multimodal model of 108 GB',
    files: add({ [WEIGHTS]: large(108) }, config({ vision_config: undefined }, validModel('qwen2_vl'))),
    finds: [{
      severity: 'error',
      message: 'The *.safetensors files have 108.0 GB. The weights of a multimodal model must have less than 100 GB.',
      remedy: 'Save the model with torch_dtype=torch.bfloat16 if it has float32 weights, or import a smaller one.',
    }],
  },
  {
    rule: 'weights-too-large',
    what: 'a model of 108 GB with a part for images',
    files: config({ vision_config: {} }, weights(large(108))),
    finds: [{
      severity: 'error',
      message: 'The *.safetensors files have 108.0 GB. The weights of a multimodal model must have less than 100 GB.',
      remedy: 'Save the model with torch_dtype=torch.bfloat16 if it has float32 weights, or import a smaller one.',
    }],
  },
  {
    rule: 'quantized-weights',
    what: 'quantization_config',
    files: config({ quantization_config: { quant_method: 'gptq', bits: 4 } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'quantization_config has the quant_method "gptq". AWS does not document that quantized weights can be imported; some imports have '
        + 'failed.',
      remedy: 'Save the model in bfloat16 or float16 without quantization. If you know that it can be imported, acknowledge the rule.',
    }],
  },
  {
    rule: 'quantized-weights',
    what: 'quantization_config without a method',
    files: config({ quantization_config: { bits: 4 } }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'quantization_config has no quant_method. AWS does not document that quantized weights can be imported; some imports have failed.',
      remedy: 'Save the model in bfloat16 or float16 without quantization. If you know that it can be imported, acknowledge the rule.',
    }],
  },
  {
    rule: 'quantized-weights',
    what: 'tensors of float8',
    files: weights(safetensorsFile(shapes, { dtypes: { 'model.layers.0.mlp.up_proj.weight': 'F8_E4M3' } })),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors',
      message: 'The tensor model.layers.0.mlp.up_proj.weight has the type F8_E4M3. AWS does not document that quantized weights can be imported; '
        + 'some imports have failed.',
      remedy: 'Save the model in bfloat16 or float16 without quantization. If you know that it can be imported, acknowledge the rule.',
    }],
  },
  {
    rule: 'quantized-weights',
    what: 'tensors of GPTQ',
    files: weights(safetensorsFile(
      { ...shapes, 'model.layers.0.mlp.up_proj.qweight': [2, 2] }, { dtypes: { 'model.layers.0.mlp.up_proj.qweight': 'I32' } },
    )),
    finds: [{
      severity: 'warning',
      file: 'model.safetensors',
      message: 'The tensor model.layers.0.mlp.up_proj.qweight has the type I32. AWS does not document that quantized weights can be imported; '
        + 'some imports have failed.',
      remedy: 'Save the model in bfloat16 or float16 without quantization. If you know that it can be imported, acknowledge the rule.',
    }],
  },
  {
    rule: 'mixed-dtypes',
    what: 'float16 in a model of bfloat16',
    files: weights(safetensorsFile(shapes, { dtypes: { 'lm_head.weight': 'F16' } })),
    finds: [{
      severity: 'info',
      file: 'model.safetensors',
      message: 'The weights have tensors of the types F16 (8256 bytes) and BF16 (20704 bytes).',
      remedy: 'If it is not intended, load the model with torch_dtype=torch.bfloat16 and save it again.',
    }],
  },
  {
    rule: 'float32-weights',
    what: 'all tensors',
    files: weights(safetensorsFile(shapes, { dtype: 'F32' })),
    finds: [{
      severity: 'info',
      file: 'model.safetensors',
      message: 'All tensors have the type F32 (57920 bytes), which is twice the size of bfloat16.',
      remedy: 'Load the model with torch_dtype=torch.bfloat16 and save it again.',
    }],
  },
  {
    rule: 'vocabulary-size',
    what: 'more tokens than rows',
    files: config({ vocab_size: 300 }),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'vocab_size is 300, and the tensor model.embed_tokens.weight in model.safetensors has 258 rows. It must have as many.',
      remedy: 'In config.json, set "vocab_size": 258.',
    }],
  },
  {
    rule: 'vocabulary-size',
    what: 'no rows for the tokens of images of Mllama',
    files: add(
      { [WEIGHTS]: safetensorsFile({ ...FAMILIES.mllama.shapes, 'language_model.model.embed_tokens.weight': [258, 16] }) },
      validModel('mllama'),
    ),
    finds: [{
      severity: 'warning',
      file: 'config.json',
      message: 'vocab_size is 258, and the tensor language_model.model.embed_tokens.weight in model.safetensors has 258 rows. It must have 8 rows '
        + 'more than vocab_size.',
      remedy: 'Save the model again from its original checkpoint.',
    }],
  },
  {
    rule: 'vocabulary-size',
    what: 'an added token without a row',
    files: withFields(llama, TOKENIZER, { added_tokens: [BEGIN_OF_TEXT, { id: 258, content: '<|tool|>' }] }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer.json',
      message: 'An added token has the id 258, and the tensor model.embed_tokens.weight has only 258 rows: the last id can be '
        + '257.',
      remedy: 'Call model.resize_token_embeddings(len(tokenizer)), train the new rows, and save model and tokenizer again.',
    }],
  },
  {
    rule: 'vocabulary-size',
    what: 'an added token of tokenizer_config.json without a row',
    files: tokenizerConfig({ added_tokens_decoder: { 999: { content: '<|tool|>' } } }),
    finds: [{
      severity: 'warning',
      file: 'tokenizer.json',
      message: 'An added token has the id 999, and the tensor model.embed_tokens.weight has only 258 rows: the last id can be '
        + '257.',
      remedy: 'Call model.resize_token_embeddings(len(tokenizer)), train the new rows, and save model and tokenizer again.',
    }],
  },
  {
    rule: 'large-shard',
    what: 'one shard of 30 GB',
    files: weights(large(30)),
    finds: [{
      severity: 'info',
      file: 'model.safetensors',
      message: 'model.safetensors has 30.0 GB, as Transformers 5 writes. No limit is known, but uploads take long to repeat.',
      remedy: 'If that matters, save the model with save_pretrained(folder, max_shard_size="5GB").',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  { rule: 'no-safetensors', what: 'the folder above the model, which another rule is about', files: below('model', llama) },
  { rule: 'no-safetensors', what: 'an index, which another rule is about', files: without(sharded, ...[1, 2, 3].map(shard => shardName(shard, 3))) },
  { rule: 'adapter-without-weights', what: 'an adapter beside the weights of its model', files: add({ 'adapter_config.json': '{}' }) },
  {
    rule: 'other-weights',
    what: 'files of a training',
    files: add({ 'training_args.bin': 'x', 'optimizer.pt': 'x', 'scheduler.pt': 'x', 'rng_state.pth': 'x' }),
  },
  {
    rule: 'other-weights',
    what: 'the random state of several processes',
    files: add({ 'rng_state_0.pth': 'x', 'checkpoint-1/rng_state_1.pth': 'x' }),
  },
  { rule: 'weights-too-large', what: 'a text model of 199 GB', files: weights(large(199)) },
  {
    rule: 'weights-too-large',
    what: 'weights that are not those of the model',
    files: add({ 'consolidated.safetensors': large(110), 'adapter_model.safetensors': large(1) }, weights(large(110))),
  },
  { rule: 'weights-too-large', what: 'a multimodal model of 99 GB', files: add({ [WEIGHTS]: large(99) }, validModel('mllama')) },
  {
    rule: 'quantized-weights',
    what: 'a causal mask',
    files: weights(safetensorsFile({ ...shapes, 'transformer.h.0.attn.bias': [2, 2] }, { dtypes: { 'transformer.h.0.attn.bias': 'U8' } })),
  },
  { rule: 'quantized-weights', what: 'null', files: config({ quantization_config: null }) },
  { rule: 'mixed-dtypes', what: 'norms of float32', files: weights(safetensorsFile(shapes, { dtypes: { 'model.norm.weight': 'F32' } })) },
  { rule: 'float32-weights', what: 'some tensors', files: weights(safetensorsFile(shapes, { dtypes: { 'model.norm.weight': 'F32' } })) },
  { rule: 'vocabulary-size', what: 'a last token in the last row', files: tokenizerConfig({ added_tokens_decoder: { 257: {} } }) },
  { rule: 'vocabulary-size', what: 'the rows for the tokens of images of Mllama', files: validModel('mllama') },
  {
    rule: 'vocabulary-size',
    what: 'a packed matrix',
    files: config({ vocab_size: 1 }, weights(safetensorsFile(shapes, { dtypes: { 'model.embed_tokens.weight': 'U8' } }))),
  },
  { rule: 'large-shard', what: '10 GB', files: weights(large(9.9)) },
];
