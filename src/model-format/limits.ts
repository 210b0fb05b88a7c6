/**
 * The largest file that is read as a whole. Only the tokenizer.json of a large vocabulary is larger; its content takes ten times its size in memory,
 * and a function has little.
 */
export const MAX_FILE_BYTES = 16_000_000;

/**
 * The longest chat templates of a file that are parsed, together. The parser takes time by the square of the length of white space: seconds for
 * 64 KiB of it, and hours for 16 MB. Templates have a few KB.
 */
export const MAX_TEMPLATE_CHARACTERS = 65_536;

/** The reads at a time: as many as Amazon S3 answers in about the time of one. */
export const PARALLEL_READS = 32;

/** Larger parts of headers are read one at a time: 32 damaged headers of 25 MB would need more memory than a function has. */
export const LARGE_READ_BYTES = 1_000_000;
