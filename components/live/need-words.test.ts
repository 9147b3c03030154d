import { expect, test } from 'vitest';
import { needAddress, othersWords } from './need-words.ts';

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
