import { describe, expect, test } from 'vitest';
import { actionTerms, barShare, claimWords, itemsSum, needsWords, verdictOf } from './words.ts';

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

  test('a difference says what to do', () => {
    const { more } = verdictOf({ addsUp: false, difference: 1, checked: { receipts: 9, of: 9, at } });
    expect(more).toMatch(/^Download the receipts\. Find out what changed the database/);
  });

  test('what is left is told in numbers', () => {
    const { more } = verdictOf({ addsUp: true, difference: 0, checked: { receipts: 1_000, of: 3_500, at } });
    expect(more).toBe(
      'Checked up to 2026-11-26 14:02 UTC. 2,500 of 3,500 receipts are still to be checked. Workers do that by themselves.',
    );
  });
});

const NONE = { done: 0, skipped: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0, waiting: 0 };

test('a bar is full only when the batch is finished', () => {
  expect([barShare('finished', 1), barShare('running', 1), barShare('cancelled', 0), barShare('paused', 0.5)]).toEqual([
    ...[1, 0.99, 0, 0.5],
  ]);
});

describe('the sums', () => {
  test('terms that are 0 are left out, and the others make up what was approved', () => {
    expect(actionTerms(NONE)).toEqual([]);
    const terms = actionTerms({ ...NONE, done: 9_102, uncertain: 2, inFlight: 8, waiting: 5_198 });
    expect(terms.map(({ count, word }) => `${count} ${word}`)).toEqual([
      '9102 done',
      '2 uncertain',
      '8 in flight',
      '5198 waiting',
    ]);
    expect(terms.reduce((sum, { count }) => sum + count, 0)).toBe(14_310);
  });

  const action = { verb: 'Archive' } as never;
  const counted = (more: object) => ({
    ...{ state: 'running' as const, undoes: null, rows: { read: 20 } },
    categories: [
      { name: 'archive', action },
      { name: 'keep', action: null },
    ],
    counts: {
      categories: [
        { name: 'archive', items: 9 },
        { name: 'keep', items: 3 },
      ],
      ...{ upTo: 12, of: 15, complete: false },
    },
    ...more,
  });
  const told = (more: object): string => {
    const { whole, categories, others } = itemsSum(counted(more));
    const parts = [...categories, ...others];
    expect(parts.reduce((sum, { items }) => sum + items, 0)).toBe(whole);
    return `${whole} = ${parts.map(({ items, name }) => `${items} ${name}`).join(' + ')}`;
  };

  test.each<[string, object, string]>([
    ['while it is classified', {}, '20 = 9 archive + 3 keep + 3 not classified yet + 5 left out of the batch'],
    ['cancelled', { state: 'cancelled' }, '20 = 9 archive + 3 keep + 3 not classified + 5 left out of the batch'],
    [
      'a category that is no longer of the plan',
      { categories: [{ name: 'keep', action: null }], rows: { read: 15 } },
      '15 = 3 keep + 9 archive + 3 not classified yet',
    ],
    [
      'nothing classified',
      { counts: { categories: [], upTo: 0, of: 20, complete: false } },
      '20 = 0 archive + 0 keep + 20 not classified yet',
    ],
    ['an undo', { undoes: { id: 'a', name: 'b' } }, '15 = 9 archive + 3 keep + 3 not classified yet'],
  ])('what became of the rows: %s', (_, more, expected) => {
    expect(told(more)).toBe(expected);
  });

  test('what waits for whom: the reader first', () => {
    expect(claimWords([])).toBeNull();
    const claims = [
      { name: 'Bo', mine: false, chunks: 1_200 },
      { name: 'Ada', mine: true, chunks: 1 },
    ];
    expect(claimWords(claims)).toBe('1 claimed by you, 1,200 by Bo');
  });

  test('what waits for a person is told once, in words', () => {
    expect(needsWords({ reviews: 0, releases: 0, doubts: 0 })).toBeNull();
    expect(needsWords({ reviews: 2, releases: 1, doubts: 1_200 })).toBe('2 reviews, 1 release, 1,200 uncertain');
  });
});
