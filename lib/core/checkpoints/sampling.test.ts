import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomSample, rankKeys, sampleRank } from './sampling.ts';

const seed = fc.uint8Array({ minLength: 1, maxLength: 100 });
const ordinals = fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { maxLength: 200 });

test('a known rank: HMAC-SHA256 over four big-endian bytes', () => {
  expect(sampleRank(Buffer.from('seed'), 1042).toString('hex')).toBe(
    '8816ab3b3af26f8e17ceda4792a9eee923dcb2fafbf1cda90bef4d1c8140f5df',
  );
});

test('a smaller sample is a prefix of a larger one, in whatever order the items come', () => {
  fc.assert(
    fc.property(seed, ordinals, fc.nat(200), fc.nat(200), (key, items, a, b) => {
      const [few, many] = [Math.min(a, b), Math.max(a, b)];
      expect(randomSample(key, [...items].reverse(), few)).toEqual(randomSample(key, items, many).slice(0, few));
    }),
  );
});

test('an item that is gone leaves the order of the others alone', () => {
  fc.assert(
    fc.property(seed, ordinals, (key, items) => {
      const [gone] = items;
      const all = randomSample(key, items, items.length);
      expect(randomSample(key, items.slice(1), items.length)).toEqual(all.filter((ordinal) => ordinal !== gone));
    }),
  );
});

test('the padded keys rank with a plain SHA-256', () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (key, ordinal) => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(ordinal);
      const { inner, outer } = rankKeys(key);
      const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
      expect(sha(outer, sha(inner, bytes))).toEqual(sampleRank(key, ordinal));
    }),
  );
});
