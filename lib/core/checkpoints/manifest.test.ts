import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decisionRoot, type ManifestEntry, manifestHasher } from './manifest.ts';

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const entry: fc.Arbitrary<Omit<ManifestEntry, 'ordinal'>> = fc.record({
  category: fc.string({ minLength: 1 }),
  action: fc.option(
    fc.record({ connector: fc.string(), connection: fc.option(fc.string()), do: fc.string(), version: fc.nat() }),
  ),
  request: fc.option(hex),
  item: hex,
});

function digest(entries: Omit<ManifestEntry, 'ordinal'>[]): string {
  const hasher = manifestHasher();
  entries.forEach((one, index) => {
    hasher.add({ ordinal: index + 1, ...one });
  });
  return hasher.digest();
}

test('two manifests have the same digest only when they are the same', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), fc.array(entry, { maxLength: 4 }), (one, other) => {
      expect(digest(one) === digest(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});

test('a category can not be made to look like the next row', () => {
  const item = 'a'.repeat(64);
  const row = { action: null, request: null, item };
  expect(
    digest([
      { category: 'x', ...row },
      { category: 'y', ...row },
    ]),
  ).not.toBe(digest([{ category: `x",null,null,"${item}"]\n[2,"y`, ...row }]));
});

test('rows that do not ascend are refused', () => {
  const hasher = manifestHasher();
  const row = { category: 'x', action: null, request: null, item: 'a'.repeat(64) };
  hasher.add({ ordinal: 2, ...row });
  expect(() => hasher.add({ ordinal: 2, ...row })).toThrow('must ascend');
});

test('the root binds chunk, revision and digest, in whatever order the chunks are named', () => {
  const chunks = [
    { number: 2, revision: 1, digest: 'b' },
    { number: 1, revision: 4, digest: 'a' },
  ];
  expect(decisionRoot(chunks)).toBe(decisionRoot([...chunks].reverse()));
  expect(decisionRoot(chunks)).not.toBe(decisionRoot(chunks.map((chunk) => ({ ...chunk, revision: chunk.revision + 1 }))));
  expect(decisionRoot(chunks)).not.toBe(decisionRoot(chunks.slice(1)));
});
