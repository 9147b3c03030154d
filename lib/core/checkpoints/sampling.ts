/**
 * Samples. The random one is a prefix of a permutation that the seed fixed before anybody looked: the items ordered by
 * HMAC-SHA256(seed, ordinal as 4 bytes, big-endian). Looking at more never changes what was looked at first.
 */
import { createHash, createHmac } from 'node:crypto';

/** Where an item stands in the permutation: 32 bytes, compared as bytes. */
export function sampleRank(seed: Uint8Array, ordinal: number): Buffer {
  return createHmac('sha256', seed).update(ordinalBytes(ordinal)).digest();
}

/**
 * What is drawn with after a revision of the rules: an order of its own, that nobody has seen anything of. The batch's seed fixed it beforehand, so that it can be
 * drawn again once that is revealed.
 */
export function seedOfRevision(seed: Uint8Array, revision: number): Buffer {
  return revision === 1 ? Buffer.from(seed) : createHmac('sha256', seed).update(`plan ${revision}`).digest();
}

/**
 * The first `count` of these items in the permutation.
 * @internal for its tests
 */
export function randomSample(seed: Uint8Array, ordinals: Iterable<number>, count: number): number[] {
  const ranked = [...ordinals].map((ordinal) => ({ ordinal, rank: sampleRank(seed, ordinal) }));
  ranked.sort((a, b) => Buffer.compare(a.rank, b.rank));
  return ranked.slice(0, count).map(({ ordinal }) => ordinal);
}

const BLOCK_BYTES = 64;

/**
 * The two padded keys of HMAC (RFC 2104), so that a database with a plain SHA-256 ranks as `sampleRank` does:
 * `sha256(outer || sha256(inner || ordinal))`.
 */
export function rankKeys(seed: Uint8Array): { inner: Buffer; outer: Buffer } {
  const key = Buffer.alloc(BLOCK_BYTES);
  key.set(seed.length > BLOCK_BYTES ? createHash('sha256').update(seed).digest() : seed);
  return { inner: Buffer.from(key.map((byte) => byte ^ 0x36)), outer: Buffer.from(key.map((byte) => byte ^ 0x5c)) };
}

/** The first 53 bits of a rank, as a number from 0 to 1: two items of a million have the same once in ten thousand batches. */
export function rankNumber(bytes: Buffer, at = 0): number {
  return bytes.readUInt32BE(at) / 2 ** 32 + (bytes.readUInt32BE(at + 4) >>> 11) / 2 ** 53;
}

function ordinalBytes(ordinal: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(ordinal);
  return bytes;
}
