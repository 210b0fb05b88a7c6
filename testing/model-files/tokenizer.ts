export const BEGIN_OF_TEXT = { id: 256, content: '<|begin_of_text|>' };
export const END_OF_TEXT = { id: 257, content: '<|end_of_text|>' };

/** The size of the vocabulary: the bytes and the two special tokens. */
export const VOCABULARY = 258;

/** A template that writes the messages in a row. */
export const CHAT_TEMPLATE = "{{ bos_token }}{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}{{ eos_token }}{% endfor %}"
  + '{% if add_generation_prompt %}assistant: {% endif %}';

/** tokenizer.json of a byte-level tokenizer without merges: every byte is a token. */
export function byteTokenizer() {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [BEGIN_OF_TEXT, END_OF_TEXT].map((token) => (
      { ...token, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
    )),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: BEGIN_OF_TEXT.content, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: BEGIN_OF_TEXT.content, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: BEGIN_OF_TEXT.content, type_id: 1 } }, { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: {
        [BEGIN_OF_TEXT.content]: { id: BEGIN_OF_TEXT.content, ids: [BEGIN_OF_TEXT.id], tokens: [BEGIN_OF_TEXT.content] },
      },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(byteAlphabet().map((character, byte) => [character, byte])),
      merges: [],
    },
  };
}

/** The printable character of GPT-2 for each byte. */
function byteAlphabet(): string[] {
  const printable = (byte: number) => byte >= 0x21 && byte <= 0x7e || byte >= 0xa1 && byte <= 0xac || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}
