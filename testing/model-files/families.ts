import type { Shapes } from './safetensors-file';
import { BEGIN_OF_TEXT, END_OF_TEXT, VOCABULARY } from './tokenizer';

/** A model of a family, too small to be useful: its config.json and its tensors, as Transformers names them. */
export interface TinyModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly shapes: Shapes;
}

const HIDDEN = 16;
const INTERMEDIATE = 48;
const HEAD_DIM = 8;
const HEADS = 2;
const KEY_VALUE_HEADS = 1;
const LAYERS = 2;
const EXPERTS = 2;

const SAVED_BY = { torch_dtype: 'bfloat16', transformers_version: '4.51.3' };

const TEXT = {
  bos_token_id: BEGIN_OF_TEXT.id,
  eos_token_id: END_OF_TEXT.id,
  head_dim: HEAD_DIM,
  hidden_act: 'silu',
  hidden_size: HIDDEN,
  initializer_range: 0.02,
  intermediate_size: INTERMEDIATE,
  max_position_embeddings: 128,
  num_attention_heads: HEADS,
  num_hidden_layers: LAYERS,
  num_key_value_heads: KEY_VALUE_HEADS,
  rms_norm_eps: 0.00001,
  rope_scaling: null,
  rope_theta: 500000,
  tie_word_embeddings: false,
  use_cache: true,
  vocab_size: VOCABULARY,
};

/** The families that Bedrock imports, by model type. */
export const FAMILIES = {
  llama: {
    config: {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      attention_bias: false,
      attention_dropout: 0,
      mlp_bias: false,
      pretraining_tp: 1,
      ...TEXT,
      ...SAVED_BY,
    },
    shapes: decoder({ feedForward: gated }),
  },
  mistral: {
    config: { architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: null, ...TEXT, ...SAVED_BY },
    shapes: decoder({ feedForward: gated }),
  },
  mixtral: {
    config: {
      architectures: ['MixtralForCausalLM'], model_type: 'mixtral', num_local_experts: EXPERTS, num_experts_per_tok: 1, ...TEXT, ...SAVED_BY,
    },
    shapes: decoder({ feedForward: mixtralExperts }),
  },
  t5: {
    config: {
      architectures: ['T5ForConditionalGeneration'],
      model_type: 't5',
      d_ff: INTERMEDIATE,
      d_kv: HEAD_DIM,
      d_model: HIDDEN,
      decoder_start_token_id: BEGIN_OF_TEXT.id,
      eos_token_id: END_OF_TEXT.id,
      feed_forward_proj: 'gated-gelu',
      is_encoder_decoder: true,
      n_positions: 512,
      num_decoder_layers: LAYERS,
      num_heads: HEADS,
      num_layers: LAYERS,
      pad_token_id: BEGIN_OF_TEXT.id,
      relative_attention_max_distance: 128,
      relative_attention_num_buckets: 32,
      tie_word_embeddings: false,
      vocab_size: VOCABULARY,
      ...SAVED_BY,
    },
    shapes: t5(),
  },
  gpt_bigcode: {
    config: {
      architectures: ['GPTBigCodeForCausalLM'],
      model_type: 'gpt_bigcode',
      activation_function: 'gelu_pytorch_tanh',
      bos_token_id: BEGIN_OF_TEXT.id,
      eos_token_id: END_OF_TEXT.id,
      multi_query: true,
      n_embd: HIDDEN,
      n_head: HEADS,
      n_inner: INTERMEDIATE,
      n_layer: LAYERS,
      n_positions: 128,
      tie_word_embeddings: false,
      vocab_size: VOCABULARY,
      ...SAVED_BY,
    },
    shapes: gptBigcode(),
  },
  mllama: {
    config: {
      architectures: ['MllamaForConditionalGeneration'],
      model_type: 'mllama',
      image_token_index: VOCABULARY,
      text_config: { ...TEXT, model_type: 'mllama_text_model', cross_attention_layers: [1], torch_dtype: 'bfloat16' },
      vision_config: { hidden_size: HIDDEN, model_type: 'mllama_vision_model', patch_size: 14, torch_dtype: 'bfloat16' },
      ...SAVED_BY,
    },
    // The input matrix has eight more rows than the vocabulary: for the tokens of images.
    shapes: {
      ...decoder({ prefix: 'language_model.', feedForward: gated, inputRows: VOCABULARY + 8 }),
      'multi_modal_projector.weight': [HIDDEN, HIDDEN],
      'multi_modal_projector.bias': [HIDDEN],
      'vision_model.patch_embedding.weight': [HIDDEN, 3, 14, 14],
    },
  },
  qwen2: {
    config: { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', sliding_window: null, use_sliding_window: false, ...TEXT, ...SAVED_BY },
    shapes: decoder({ feedForward: gated, biases: ['q', 'k', 'v'] }),
  },
  qwen2_vl: qwenVision('qwen2_vl', 'Qwen2VLForConditionalGeneration'),
  qwen2_5_vl: qwenVision('qwen2_5_vl', 'Qwen2_5_VLForConditionalGeneration'),
  qwen3: {
    config: { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', attention_bias: false, sliding_window: null, ...TEXT, ...SAVED_BY },
    shapes: decoder({ feedForward: gated, normalizesHeads: true }),
  },
  qwen3_moe: {
    config: {
      architectures: ['Qwen3MoeForCausalLM'],
      model_type: 'qwen3_moe',
      decoder_sparse_step: 1,
      mlp_only_layers: [],
      moe_intermediate_size: INTERMEDIATE,
      num_experts: EXPERTS,
      num_experts_per_tok: 1,
      ...TEXT,
      ...SAVED_BY,
    },
    shapes: decoder({ feedForward: qwenExperts, normalizesHeads: true }),
  },
  gpt_oss: {
    config: {
      architectures: ['GptOssForCausalLM'],
      model_type: 'gpt_oss',
      attention_bias: true,
      experts_per_token: 1,
      layer_types: ['sliding_attention', 'full_attention'],
      num_experts_per_tok: 1,
      num_local_experts: EXPERTS,
      sliding_window: 128,
      ...TEXT,
      ...SAVED_BY,
      eos_token_id: 200002,
      transformers_version: '4.55.0',
    },
    shapes: decoder({ feedForward: gptOssExperts, biases: ['q', 'k', 'v', 'o'], hasSinks: true }),
  },
} satisfies Record<string, TinyModel>;

export type Family = keyof typeof FAMILIES;

function qwenVision(modelType: string, className: string): TinyModel {
  return {
    config: {
      architectures: [className],
      model_type: modelType,
      ...TEXT,
      rope_scaling: { type: 'mrope', mrope_section: [1, 1, 2] },
      vision_config: { hidden_size: HIDDEN, in_chans: 3, model_type: modelType, spatial_patch_size: 14 },
      ...SAVED_BY,
    },
    shapes: {
      ...decoder({ feedForward: gated, biases: ['q', 'k', 'v'] }),
      'visual.patch_embed.proj.weight': [HIDDEN, 3, 2, 14, 14],
      'visual.merger.ln_q.weight': [HIDDEN],
    },
  };
}

/** The tensors of a model like Llama. */
function decoder({ prefix = '', feedForward, inputRows = VOCABULARY, biases = [], normalizesHeads = false, hasSinks = false }: {
  readonly prefix?: string;
  readonly feedForward: (layer: string) => Shapes;
  readonly inputRows?: number;
  readonly biases?: readonly string[];
  readonly normalizesHeads?: boolean;
  readonly hasSinks?: boolean;
}): Shapes {
  const queries = HEADS * HEAD_DIM;
  const keys = KEY_VALUE_HEADS * HEAD_DIM;
  const outputs: Record<string, number> = { q: queries, k: keys, v: keys, o: HIDDEN };
  const layers = Array.from({ length: LAYERS }, (_, number): Shapes => {
    const layer = `${prefix}model.layers.${number}`;
    return {
      [`${layer}.input_layernorm.weight`]: [HIDDEN],
      ...feedForward(layer),
      [`${layer}.post_attention_layernorm.weight`]: [HIDDEN],
      [`${layer}.self_attn.k_proj.weight`]: [keys, HIDDEN],
      [`${layer}.self_attn.o_proj.weight`]: [HIDDEN, queries],
      [`${layer}.self_attn.q_proj.weight`]: [queries, HIDDEN],
      [`${layer}.self_attn.v_proj.weight`]: [keys, HIDDEN],
      ...Object.fromEntries(biases.map(name => [`${layer}.self_attn.${name}_proj.bias`, [outputs[name]]])),
      ...(normalizesHeads && { [`${layer}.self_attn.q_norm.weight`]: [HEAD_DIM], [`${layer}.self_attn.k_norm.weight`]: [HEAD_DIM] }),
      ...(hasSinks && { [`${layer}.self_attn.sinks`]: [HEADS] }),
    };
  });
  return Object.assign({
    [`${prefix}lm_head.weight`]: [VOCABULARY, HIDDEN],
    [`${prefix}model.embed_tokens.weight`]: [inputRows, HIDDEN],
    [`${prefix}model.norm.weight`]: [HIDDEN],
  }, ...layers) as Shapes;
}

function gated(layer: string): Shapes {
  return {
    [`${layer}.mlp.down_proj.weight`]: [HIDDEN, INTERMEDIATE],
    [`${layer}.mlp.gate_proj.weight`]: [INTERMEDIATE, HIDDEN],
    [`${layer}.mlp.up_proj.weight`]: [INTERMEDIATE, HIDDEN],
  };
}

function mixtralExperts(layer: string): Shapes {
  const experts = Array.from({ length: EXPERTS }, (_, expert): Shapes => ({
    [`${layer}.block_sparse_moe.experts.${expert}.w1.weight`]: [INTERMEDIATE, HIDDEN],
    [`${layer}.block_sparse_moe.experts.${expert}.w2.weight`]: [HIDDEN, INTERMEDIATE],
    [`${layer}.block_sparse_moe.experts.${expert}.w3.weight`]: [INTERMEDIATE, HIDDEN],
  }));
  return Object.assign({ [`${layer}.block_sparse_moe.gate.weight`]: [EXPERTS, HIDDEN] }, ...experts) as Shapes;
}

function qwenExperts(layer: string): Shapes {
  const experts = Array.from({ length: EXPERTS }, (_, expert): Shapes => ({
    [`${layer}.mlp.experts.${expert}.down_proj.weight`]: [HIDDEN, INTERMEDIATE],
    [`${layer}.mlp.experts.${expert}.gate_proj.weight`]: [INTERMEDIATE, HIDDEN],
    [`${layer}.mlp.experts.${expert}.up_proj.weight`]: [INTERMEDIATE, HIDDEN],
  }));
  return Object.assign({ [`${layer}.mlp.gate.weight`]: [EXPERTS, HIDDEN] }, ...experts) as Shapes;
}

function gptOssExperts(layer: string): Shapes {
  return {
    [`${layer}.mlp.experts.down_proj`]: [EXPERTS, INTERMEDIATE, HIDDEN],
    [`${layer}.mlp.experts.down_proj_bias`]: [EXPERTS, HIDDEN],
    [`${layer}.mlp.experts.gate_up_proj`]: [EXPERTS, HIDDEN, 2 * INTERMEDIATE],
    [`${layer}.mlp.experts.gate_up_proj_bias`]: [EXPERTS, 2 * INTERMEDIATE],
    [`${layer}.mlp.router.bias`]: [EXPERTS],
    [`${layer}.mlp.router.weight`]: [EXPERTS, HIDDEN],
  };
}

function t5(): Shapes {
  const inner = HEADS * HEAD_DIM;
  const attention = (name: string): Shapes => ({
    [`${name}.k.weight`]: [inner, HIDDEN],
    [`${name}.o.weight`]: [HIDDEN, inner],
    [`${name}.q.weight`]: [inner, HIDDEN],
    [`${name}.v.weight`]: [inner, HIDDEN],
  });
  const feedForward = (name: string): Shapes => ({
    [`${name}.DenseReluDense.wi_0.weight`]: [INTERMEDIATE, HIDDEN],
    [`${name}.DenseReluDense.wi_1.weight`]: [INTERMEDIATE, HIDDEN],
    [`${name}.DenseReluDense.wo.weight`]: [HIDDEN, INTERMEDIATE],
    [`${name}.layer_norm.weight`]: [HIDDEN],
  });
  const stack = (side: string): Shapes => Object.assign({
    [`${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`]: [32, HEADS],
    [`${side}.final_layer_norm.weight`]: [HIDDEN],
  }, ...Array.from({ length: LAYERS }, (_, number): Shapes => {
    const layer = `${side}.block.${number}.layer`;
    return {
      ...attention(`${layer}.0.SelfAttention`),
      [`${layer}.0.layer_norm.weight`]: [HIDDEN],
      ...(side === 'decoder' && { ...attention(`${layer}.1.EncDecAttention`), [`${layer}.1.layer_norm.weight`]: [HIDDEN] }),
      ...feedForward(`${layer}.${side === 'decoder' ? 2 : 1}`),
    };
  })) as Shapes;
  return { ...stack('decoder'), ...stack('encoder'), 'lm_head.weight': [VOCABULARY, HIDDEN], 'shared.weight': [VOCABULARY, HIDDEN] };
}

function gptBigcode(): Shapes {
  const linear = (name: string, outputs: number, inputs: number): Shapes => ({ [`${name}.weight`]: [outputs, inputs], [`${name}.bias`]: [outputs] });
  const norm = (name: string): Shapes => ({ [`${name}.weight`]: [HIDDEN], [`${name}.bias`]: [HIDDEN] });
  const layers = Array.from({ length: LAYERS }, (_, number): Shapes => {
    const layer = `transformer.h.${number}`;
    return {
      ...norm(`${layer}.ln_1`),
      ...linear(`${layer}.attn.c_attn`, HIDDEN + 2 * HEAD_DIM, HIDDEN),
      ...linear(`${layer}.attn.c_proj`, HIDDEN, HIDDEN),
      ...norm(`${layer}.ln_2`),
      ...linear(`${layer}.mlp.c_fc`, INTERMEDIATE, HIDDEN),
      ...linear(`${layer}.mlp.c_proj`, HIDDEN, INTERMEDIATE),
    };
  });
  return Object.assign({
    'lm_head.weight': [VOCABULARY, HIDDEN],
    'transformer.wte.weight': [VOCABULARY, HIDDEN],
    'transformer.wpe.weight': [128, HIDDEN],
  }, norm('transformer.ln_f'), ...layers) as Shapes;
}
