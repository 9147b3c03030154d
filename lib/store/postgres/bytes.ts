/** Bytes as Prisma takes them: its type leaves out memory that threads share, and none of ours is that. */
export function bytesOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
