/** Reading what others send, up to a bound. */

/** All bytes of a source, or null as soon as there are more than `most`; the rest is then not read. */
export async function boundedBytes(source: AsyncIterable<Uint8Array>, most: number): Promise<Buffer<ArrayBuffer> | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of source) {
    bytes += part.length;
    if (bytes > most) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
