import { describe, expect, test } from 'vitest';
import { verdictOf } from './words.ts';

describe('whether the sum adds up', () => {
  const at = '2026-11-26T14:02:07.500Z';

  test.each([
    ['all was compared', { addsUp: true, difference: 0, checked: { receipts: 9, of: 9, at: null } }, 'right', 'adds up'],
    ['some is left', { addsUp: true, difference: 0, checked: { receipts: 5, of: 9, at } }, 'right', 'checked up to 14:02:07 UTC'],
    ['some never was', { addsUp: true, difference: 0, checked: { receipts: 5, of: 9, at: null } }, 'unknown', 'not checked yet'],
    [
      'a difference was found',
      { addsUp: false, difference: 1_200, checked: { receipts: 5, of: 9, at } },
      'differs',
      'Counts disagree by 1,200. Sending stopped.',
    ],
  ] as const)('%s', (_, sum, says, words) => {
    expect(verdictOf(sum)).toMatchObject({ says, words });
  });

  test('what is left is told in numbers', () => {
    const { more } = verdictOf({ addsUp: true, difference: 0, checked: { receipts: 1_000, of: 3_500, at } });
    expect(more).toBe(
      'Checked up to 2026-11-26 14:02 UTC. 2,500 of 3,500 receipts are still to be checked. Workers do that by themselves.',
    );
  });
});
