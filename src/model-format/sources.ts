/** The documents behind the rules. */
const USER_GUIDE = 'https://docs.aws.amazon.com/bedrock/latest/userguide';
const TRANSFORMERS = 'https://github.com/huggingface/transformers';

export const IMPORT_GUIDE = `${USER_GUIDE}/model-customization-import-model.html`;
export const INVOKE_GUIDE = `${USER_GUIDE}/invoke-imported-model.html`;
export const TEMPLATE_GUIDE = `${USER_GUIDE}/custom-chat-templates-tokenizers.html`;
export const GPT_OSS_POST = 'https://aws.amazon.com/blogs/machine-learning/deploy-gpt-oss-models-with-amazon-bedrock-custom-model-import/';
export const DTYPE_SAMPLE = 'https://github.com/aws-samples/amazon-bedrock-samples/issues/193';

export const CONFIG_READER = `${TRANSFORMERS}/blob/v4.51.3/src/transformers/configuration_utils.py`;
export const TOKENIZER_READER = `${TRANSFORMERS}/blob/v4.51.3/src/transformers/tokenization_utils_base.py`;
export const ROPE_ISSUE = 'https://github.com/vllm-project/vllm/issues/42624';
export const CONFIG_DOC = 'https://huggingface.co/docs/transformers/main_classes/configuration';
export const MODEL_DOC = 'https://huggingface.co/docs/transformers/main_classes/model';
export const QUANTIZATION_DOC = 'https://huggingface.co/docs/transformers/main_classes/quantization';
export const CUSTOM_CODE_DOC = 'https://huggingface.co/docs/transformers/custom_models';
