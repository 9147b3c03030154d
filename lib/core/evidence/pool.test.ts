import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { atSize } from '#test/size.ts';
import { leastAtMost } from './bound.ts';
import { judge, unmetWords } from './demands.ts';
import { type Drawn, type LastMark, marksByCategory, poolOf, unmarkedBelow, unmarkedOf } from './pool.ts';

type Item = { ordinal: number; chunk: number; category: string; rank: number };

/** Items of ranks 0.01, 0.02, …: `categories` says by one letter each where they are. */
const inOrder = (categories: string, chunkOf: (index: number) => number = () => 1): Item[] =>
  [...categories].map((category, index) => ({ ordinal: index + 1, chunk: chunkOf(index), category, rank: (index + 1) / 100 }));

/** What is drawn of a category, by chunk; of each chunk the first `depth`. */
function drawnOf(items: readonly Item[], category: string, chunks: readonly number[], depth = 1_000): Drawn[] {
  return chunks.map((chunk) => {
    const own = items.filter((item) => item.chunk === chunk && item.category === category).sort((a, b) => a.rank - b.rank);
    const first = own.slice(0, depth);
    return { count: own.length, ordinals: first.map(({ ordinal }) => ordinal), ranks: first.map(({ rank }) => rank) };
  });
}

type Said = [ordinal: number, category: string, verdict: LastMark['verdict']];

/** As the table says it: the latest of each item and category. */
const marked = (items: readonly Item[], said: readonly Said[]): LastMark[] =>
  said.map(([ordinal, category, verdict]) => {
    const item = items.find((one) => one.ordinal === ordinal) as Item;
    return { ordinal, category, verdict, now: item.category };
  });

const rankIn = (items: readonly Item[]) => (ordinal: number) => items.find((one) => one.ordinal === ordinal)?.rank ?? 0;

const looksAt = (items: readonly Item[], said: readonly Said[], category = 'a', chunks: readonly number[] = [1]) => {
  const { population, looks, wrongAt } = poolOf(
    drawnOf(items, category, chunks),
    marksByCategory(marked(items, said)).get(category),
    rankIn(items),
  );
  return { population, looks, wrongAt };
};

const right = (...ordinals: number[]): Said[] => ordinals.map((ordinal) => [ordinal, 'a', 'right']);

test('marks count from the first of the draw on, without a gap', () => {
  const items = inOrder('aaaaaaaaaa');
  expect(looksAt(items, [])).toEqual({ population: 10, looks: 0, wrongAt: [] });
  expect(looksAt(items, right(1, 2, 3))).toEqual({ population: 10, looks: 3, wrongAt: [] });
  expect(looksAt(items, right(1, 2, 4, 5)).looks).toBe(2);
  expect(looksAt(items, right(1, 2, 4, 5, 3)).looks).toBe(5);
});

test('easy items that somebody picked are no looks, however many', () => {
  const items = inOrder('aaaaaaaaaa');
  expect(looksAt(items, right(2, 3, 4, 5, 6, 7, 8, 9, 10))).toEqual({ population: 10, looks: 0, wrongAt: [] });
});

test('errors that are moved out stay in the population and stay wrong, and leave no zero behind', () => {
  const items = inOrder('bbaaaaaaaa');
  const said: Said[] = [[1, 'a', 'wrong'], [2, 'a', 'wrong'], ...right(3, 4, 5)];
  expect(looksAt(items, said)).toEqual({ population: 10, looks: 5, wrongAt: [1, 2] });
  // Out of order they count when the looks come to them; until then they are in the population only.
  const late = inOrder('aaaaaaabab');
  const picked: Said[] = [
    [8, 'a', 'wrong'],
    [10, 'a', 'wrong'],
  ];
  expect(looksAt(late, picked)).toEqual({ population: 10, looks: 0, wrongAt: [] });
  expect(looksAt(late, [...picked, ...right(1, 2, 3, 4, 5, 6, 7)])).toEqual({ population: 10, looks: 8, wrongAt: [8] });
  expect(looksAt(late, [...picked, ...right(1, 2, 3, 4, 5, 6, 7, 9)])).toEqual({ population: 10, looks: 10, wrongAt: [8, 10] });
});

test('a mark that is withdrawn is a gap', () => {
  const items = inOrder('aaaaaaaaaa');
  expect(looksAt(items, [...right(1, 3), [2, 'a', 'withdrawn']]).looks).toBe(1);
});

test('a mark belongs to an item in a category: right there says nothing of another', () => {
  const items = inOrder('baaa');
  expect(looksAt(items, right(1, 2))).toEqual({ population: 3, looks: 1, wrongAt: [] });
  expect(looksAt(items, right(1, 2), 'b')).toEqual({ population: 1, looks: 0, wrongAt: [] });
  expect(looksAt(items, [[1, 'a', 'wrong'], [1, 'b', 'right'], ...right(2)], 'b')).toEqual({
    population: 1,
    looks: 1,
    wrongAt: [],
  });
});

test('an item that was moved out and back stays wrong once, until somebody says that it is right', () => {
  const items = inOrder('aaaa');
  expect(looksAt(items, [[1, 'a', 'wrong'], [1, 'b', 'wrong'], ...right(2)])).toEqual({ population: 4, looks: 2, wrongAt: [1] });
  expect(looksAt(items, [[1, 'b', 'wrong'], ...right(1, 2)])).toEqual({ population: 4, looks: 2, wrongAt: [] });
  // Of the category that it was moved to and back from, it is the only item.
  expect(looksAt(items, [[1, 'b', 'wrong']], 'b')).toEqual({ population: 1, looks: 1, wrongAt: [1] });
});

test('chunks share one order: a first unmarked item in one of them ends the looks in all', () => {
  const items = inOrder('aaaaaaaaaa', (index) => (index % 2) + 1);
  const all = right(1, 2, 3, 4, 6, 8, 10);
  expect(looksAt(items, all, 'a', [1])).toEqual({ population: 5, looks: 2, wrongAt: [] });
  expect(looksAt(items, all, 'a', [2])).toEqual({ population: 5, looks: 5, wrongAt: [] });
  expect(looksAt(items, all, 'a', [1, 2])).toEqual({ population: 10, looks: 4, wrongAt: [] });
  expect(looksAt(items, right(2, 4), 'a', [1])).toEqual({ population: 5, looks: 0, wrongAt: [] });
  expect(unmarkedBelow(drawnOf(items, 'a', [1]), undefined, 0.06)).toBe(3);
});

test('a category of one item is proven by a look at it', () => {
  const items = inOrder('bab');
  const one = looksAt(items, right(2));
  expect(one).toEqual({ population: 1, looks: 1, wrongAt: [] });
  expect(leastAtMost(one)).toBe(0);
  expect(judge(one, 0.02)).toMatchObject({ met: true, more: 0 });
  expect(judge({ ...one, looks: 0 }, 0.02)).toEqual({ met: false, more: 1, rest: 1, may: 1, allowed: 0 });
});

test('what was looked at before a revision of the rules leaves the population, and the count begins anew', () => {
  const items = inOrder('aaaabaaaaa');
  const before: Said[] = [...right(1, 2, 3, 8), [5, 'a', 'wrong']];
  const after = (...said: Said[]) => {
    const marks = marked(items, [...before, ...said]);
    const known = new Set(before.map(([ordinal]) => ordinal));
    const own = marksByCategory(marks, ({ ordinal }) => known.has(ordinal)).get('a');
    const { population, looks, wrongAt } = poolOf(drawnOf(items, 'a', [1]), own, rankIn(items));
    return { population, looks, wrongAt };
  };
  // (N - n, 0, 0): one that was picked out of order is known as well, and what was found wrong is no error of these rules.
  expect(after()).toEqual({ population: 5, looks: 0, wrongAt: [] });
  expect(after(...right(4, 6))).toEqual({ population: 5, looks: 2, wrongAt: [] });
  expect(after(...right(6, 7))).toEqual({ population: 5, looks: 0, wrongAt: [] });
  expect(after(...right(4, 6, 7, 9, 10))).toEqual({ population: 5, looks: 5, wrongAt: [] });
  // Looked at once more, it is known still.
  expect(after([1, 'a', 'wrong'])).toEqual({ population: 5, looks: 0, wrongAt: [] });
});

test('after a revision 193 looks at 6,046 prove nothing of the rest, whatever they found', () => {
  const items = inOrder('a'.repeat(6_046));
  const said = right(...Array.from({ length: 193 }, (_, index) => index + 1));
  const marks = marked(items, said);
  const drawn = drawnOf(items, 'a', [1], 10_000);
  const [old, anew] = [marksByCategory(marks), marksByCategory(marks, () => true)].map((one) =>
    poolOf(drawn, one.get('a'), rankIn(items)),
  );
  expect(leastAtMost(old as never)).toBe(120);
  expect(anew).toMatchObject({ population: 5_853, looks: 0 });
  expect(leastAtMost(anew as never)).toBe(5_853);
});

test('an item that the new rules moved is asked about again; one that a person had moved, or that stayed, is known', () => {
  const items = inOrder('bbaa');
  const marks = marksByCategory(marked(items, [...right(1), [2, 'a', 'wrong'], ...right(3)]), () => true);
  expect(poolOf(drawnOf(items, 'b', [1]), marks.get('b'))).toMatchObject({ population: 1, looks: 0 });
  expect(poolOf(drawnOf(items, 'a', [1]), marks.get('a'))).toMatchObject({ population: 1, looks: 0 });
});

test('what was not drawn far enough is named, and only that', () => {
  const items = inOrder('aaaaaaaaaa', (index) => (index < 5 ? 1 : 2));
  const of = (said: Said[], depth: number) =>
    poolOf(drawnOf(items, 'a', [1, 2], depth), marksByCategory(marked(items, said)).get('a'));
  expect(of(right(1, 2), 2).short).toEqual([0]);
  expect(of(right(1, 2), 3)).toMatchObject({ short: [], open: 0.03 });
  expect(of(right(1, 2, 6, 7), 3)).toMatchObject({ short: [], open: 0.03, looks: 2 });
  expect(of(right(1, 2, 3, 4, 5, 6, 7), 2).short).toEqual([0, 1]);
  expect(of(right(1, 2, 3, 4, 5, 6, 7), 5)).toMatchObject({ short: [], open: 0.08, looks: 7 });
});

test('the next items are those without a mark, in their order', () => {
  const [drawn] = drawnOf(inOrder('aabaa'), 'a', [1]) as [Drawn];
  expect(unmarkedOf(drawn, marksByCategory(marked(inOrder('aabaa'), right(2))).get('a'), 2)).toEqual([
    { ordinal: 1, rank: 0.01 },
    { ordinal: 4, rank: 0.04 },
  ]);
});

test('what is said of an unmet demand', () => {
  const looks = { population: 1_902, looks: 140, wrongAt: [] };
  expect(unmetWords('archive', looks, judge(looks, 0.02))).toBe(
    'archive: looked at 140, 0 wrong: at most 52 of 1,902 may be wrong, and the plan asks for at most 38. 51 more looks, if none is wrong, are enough.',
  );
  const one = { population: 3, looks: 2, wrongAt: [1] };
  expect(unmetWords('archive', one, judge(one, 0.02))).toBe(
    'archive: looked at 2, 1 wrong: at most 1 of the other 2 may be wrong, and the plan asks for at most 0. 1 more look, if it is not wrong, is enough.',
  );
});

test('what was found wrong is put right: to look at every item meets any demand', () => {
  expect(judge({ population: 3, looks: 3, wrongAt: [2] }, 0.02)).toEqual({ met: true, more: 0, rest: 2, may: 0, allowed: 0 });
});

/** Straight from the words of the rule, over items with their marks, all chunks at once. */
function byTheWords(
  items: readonly (Item & { said: LastMark['verdict'] | null; from: string | null })[],
  chunks: readonly number[],
) {
  const isMember = (item: (typeof items)[number]) => item.category === 'a' || (item.from === 'a' && item.said === 'wrong');
  const members = items.filter((item) => chunks.includes(item.chunk) && isMember(item)).sort((a, b) => a.rank - b.rank);
  const isMarked = ({ said, from, category }: (typeof items)[number]) =>
    from === 'a' && (said === 'wrong' || (said === 'right' && category === 'a'));
  const open = members.findIndex((item) => !isMarked(item));
  const looks = open === -1 ? members : members.slice(0, open);
  return {
    population: members.length,
    looks: looks.length,
    wrongAt: looks.flatMap(({ said }, index) => (said === 'wrong' ? [index + 1] : [])),
  };
}

test('whatever was marked, moved and withdrawn, drawn as far as it must be, the looks are as the rule says', () => {
  const item = fc.record({
    category: fc.constantFrom('a', 'a', 'b'),
    chunk: fc.integer({ min: 1, max: 3 }),
    said: fc.constantFrom('right', 'right', 'wrong', 'withdrawn', null),
    from: fc.constantFrom('a', 'a', 'b'),
  });
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 60 }),
      fc.subarray([1, 2, 3]),
      fc.nat(1_000),
      fc.integer({ min: 1, max: 5 }),
      (all, chunks, seed, least) => {
        const items = all.map((one, index) => ({
          ...{ ...one, ordinal: index + 1, from: one.said === null ? null : one.from },
          rank: createHmac('sha256', String(seed)).update(String(index)).digest().readUInt32BE() / 2 ** 32,
        }));
        const said = items.flatMap(({ ordinal, from, said: verdict, chunk }): Said[] =>
          verdict !== null && from !== null && chunks.includes(chunk) ? [[ordinal, from, verdict]] : [],
        );
        const marks = marksByCategory(marked(items, said)).get('a');
        let depth = least;
        while (poolOf(drawnOf(items, 'a', chunks, depth), marks, rankIn(items)).short.length > 0) depth *= 2;
        const { population, looks, wrongAt } = poolOf(drawnOf(items, 'a', chunks, depth), marks, rankIn(items));
        expect({ population, looks, wrongAt }).toEqual(byTheWords(items, chunks));
      },
    ),
    { numRuns: atSize(100, 500) },
  );
});
