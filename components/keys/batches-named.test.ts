import { expect, test } from 'vitest';
import { batchesNamed } from './batches-named.ts';

const [ONE, TWO] = ['0190d3a4-1111-7000-8000-00000000abcd', '0190d3a4-2222-7000-8000-00000000abcd'];

test.each([
  ['', []],
  ['  ', []],
  [ONE, [ONE]],
  [`${ONE.toUpperCase()}, ${ONE};\n${TWO}`, [ONE, TWO]],
  [`https://cs.example/batches/${ONE}/chunks/3?all=1 /batches/${TWO}#receipts`, [ONE, TWO]],
])('“%s” names these batches', (text, ids) => {
  expect(batchesNamed(text)).toEqual({ ids, unread: null });
});

test.each([
  ['march', '“march” is no id or address of a batch.'],
  // A good one beside it does not make a key that reaches less, or more, than was meant.
  [`${ONE} ${TWO.slice(0, -1)}`, `“${TWO.slice(0, -1)}” is no id or address of a batch.`],
  [`${ONE}${TWO}`, 'is no id or address of a batch.'],
  // A dataset has an id of the same form.
  [`https://cs.example/datasets/${ONE}`, 'is no id or address of a batch.'],
  [`a b c d e ${ONE}`, '“a”, “b”, “c”, 2 more are no ids or addresses of batches.'],
  [`x${'y'.repeat(500)}`, `“x${'y'.repeat(59)}…” is no id`],
])('“%s” is told for what it is', (text, words) => {
  expect(batchesNamed(text).unread).toContain(words);
});
