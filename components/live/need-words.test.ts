import { expect, test } from 'vitest';
import type { BatchNeeds } from '#lib/shapes/live.ts';
import { askedWords, needAddress, othersWords } from './need-words.ts';

const none = { halts: 0, doubts: 0, releases: 0, reviews: 0 } as BatchNeeds;

test('what a batch asks is told by kind, the most urgent first, and what there is none of is not told', () => {
  expect(askedWords({ ...none, halts: 1, doubts: 2, reviews: 1_204 })).toBe(
    '1 chunk stopped · 2 actions uncertain · 1,204 reviews',
  );
  expect(askedWords({ ...none, releases: 1 })).toBe('1 release');
});

test('uncertain actions are answered on their tab, all else at its chunk', () => {
  expect(needAddress({ batchId: 'b', chunk: 4, kind: 'doubts' })).toBe('/batches/b?tab=uncertain');
  expect(needAddress({ batchId: 'b', chunk: 4, kind: 'reviews' })).toBe('/batches/b/chunks/4');
});

test('what others claimed is told by their names', () => {
  expect(
    othersWords([
      { name: 'Bo', count: 3 },
      { name: 'Cleo', count: 1 },
    ]),
  ).toBe('Bo has 3 reviews, Cleo has 1 review');
  expect(othersWords([])).toBe('');
});
