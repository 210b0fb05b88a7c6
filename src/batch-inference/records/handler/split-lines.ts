const NEWLINE = 0x0a;

/**
 * The lines of a stream, without "\n" and "\r\n". Not the other line breaks of Unicode, which JSON may contain. Libraries search the whole line again
 * with each chunk, which takes minutes for lines of some megabytes, as records with images have.
 *
 * @param tooLong Called with a line of more than `maxBytes`
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number, tooLong: () => never): AsyncIterable<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const line = (end: Buffer) => {
    const text = Buffer.concat([...parts, end]).toString();
    parts = [];
    bytes = 0;
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  };
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield line(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
    parts.push(rest);
    bytes += rest.length;
    if (bytes > maxBytes) tooLong();
  }
  if (bytes > 0) yield line(Buffer.alloc(0));
}
