/** Learning from examples, without a database: the same gives the same, what it knows it says, and what it does not know too. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exp, ln } from './arithmetic.ts';
import { rightOf } from './held-out.ts';
import { learnFrom } from './learned.ts';
import { drawn, nextPicks, poolOrdinals, randomOrder } from './picks.ts';
import { addToRarity, emptyRarity, vectorsBy } from './vectors.ts';
import { wordsOf } from './words.ts';

test('exp and ln are those of mathematics to fourteen digits', () => {
  fc.assert(
    fc.property(fc.double({ min: -600, max: 600, noNaN: true }), (x) => {
      expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
    }),
  );
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
      expect(Math.abs(ln(x) - Math.log(x))).toBeLessThan(1e-13 * Math.max(1, Math.abs(Math.log(x))));
    }),
  );
  expect([exp(0), exp(-1e9), ln(1)]).toEqual([1, 0, 0]);
});

const BILLING = ['refund', 'invoice', 'card', 'charged', 'receipt', 'payment', 'price'];
const TROUBLE = ['crash', 'error', 'login', 'screen', 'slow', 'freeze', 'update'];
const COMMON = ['please', 'hello', 'thanks', 'my', 'account', 'today', 'help', 'since'];

/** 400 tickets of two kinds; word by word what a generator says. */
function tickets(): { fields: Record<string, string>; category: number }[] {
  let state = 7;
  const draw = (most: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % most;
  };
  return Array.from({ length: 400 }, (_, at) => {
    const category = draw(3) === 0 ? 1 : 0;
    const own = category === 0 ? BILLING : TROUBLE;
    const words = Array.from({ length: 8 }, (__, k) => (k < 3 ? own[draw(own.length)] : COMMON[draw(COMMON.length)]));
    return { fields: { id: `${at}`, text: words.join(' ') }, category };
  });
}

function prepared() {
  const all = tickets();
  const words = all.map(({ fields }) => wordsOf(fields, ['text']));
  const rarity = emptyRarity();
  for (const one of words) addToRarity(rarity, one);
  const vectorOf = vectorsBy(rarity);
  return { all, vectorOf, vectors: words.map(vectorOf) };
}

function learned(most: number) {
  const { all, vectorOf, vectors } = prepared();
  const order = randomOrder(all.length, 'a seed');
  const decided = [...order.slice(0, most)].sort((a, b) => a - b);
  const examples = decided.map((place) => ({ vector: vectors[place]!, category: all[place]!.category }));
  return {
    all,
    vectorOf,
    vectors,
    order,
    decided: new Set(decided),
    of: learnFrom(
      examples,
      2,
      examples.map(() => true),
    ),
  };
}

test('the same examples give the same weights bit for bit, on every machine', () => {
  const digest = () =>
    createHash('sha256')
      .update(new Uint8Array(learned(60).of.weights.rows.buffer))
      .digest('hex');
  expect(digest()).toBe(digest());
  // Of another machine: this number must not move but with the method, and then its version does (learn-part.ts).
  expect(digest()).toBe('ece9768362c8a96fd95d76153ed399ee33e77f6f1c8a3a1507a31699dc03f681');
});

test('what was learned is right about what it has not seen, says how sure it is, and what it is like', () => {
  const { all, vectors, vectorOf, decided, of } = learned(60);
  const rest = all.map((one, place) => ({ ...one, place })).filter(({ place }) => !decided.has(place));
  const right = rest.filter(({ place, category }) => of.chances(vectors[place]!).chances[category]! > 0.5);
  expect(right.length / rest.length).toBeGreaterThan(0.95);
  const held = rightOf(
    of.heldOut,
    of.heldOut.map(() => true),
  );
  expect(held.of).toBe(60);
  expect(held.least).toBeLessThan(held.right / held.of);
  expect(held.most).toBeLessThanOrEqual(1);
  const strange = of.chances(vectorOf(wordsOf({ text: 'quite other words altogether' }, ['text'])));
  expect(strange.unknown).toBe(1);
  const [like] = of.nearest(vectors[rest[0]!.place]!, rest[0]!.category, 2);
  expect(all[[...decided].sort((a, b) => a - b)[like!]!]?.category).toBe(rest[0]!.category);
});

test('the random part is the beginning of the order that is decided, whatever else was picked', () => {
  const order = Int32Array.of(3, 1, 4, 0, 2);
  expect([...drawn(order, new Set([3, 4, 0]))]).toEqual([3]);
  expect([...drawn(order, new Set([3, 1, 4, 2]))]).toEqual([3, 1, 4]);
});

test('what is asked next is what it knows least, none twice, and a fifth of it at random', () => {
  const { vectors, order, decided, of } = learned(40);
  const picks = nextPicks(vectors, order, decided, of, 20);
  expect(new Set(picks).size).toBe(20);
  expect(picks.filter((place) => decided.has(place))).toEqual([]);
  const sure = (place: number) => Math.abs(of.chances(vectors[place]!).chances[0]! - 0.5);
  const left = [...order].filter((place) => !decided.has(place)).sort((a, b) => sure(a) - sure(b));
  const ranks = picks.slice(0, 16).map((place) => left.indexOf(place));
  expect(Math.max(...ranks)).toBeLessThan(left.length / 4);
  expect(nextPicks(vectors, order, new Set(), null, 20)).toEqual([...order.slice(0, 20)]);
  expect(nextPicks(vectors, order, new Set(order), of, 20)).toEqual([]);
});

test('the pool is a sample from everywhere, and all where that is no more', () => {
  expect(poolOrdinals(3, 10, 'x')).toEqual([1, 2, 3]);
  const some = poolOrdinals(1_000, 10, 'x');
  expect(some.map((ordinal) => Math.floor((ordinal - 1) / 100))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(poolOrdinals(1_000, 10, 'y')).not.toEqual(some);
});

test('words are told apart by their field, and found where nobody puts spaces', () => {
  const of = (fields: Record<string, string>) => new Set(wordsOf(fields, Object.keys(fields)).features);
  expect([...of({ a: 'sale now and here for you all the time, and even more of it than ever' })]).not.toEqual([
    ...of({ b: 'sale now and here for you all the time, and even more of it than ever' }),
  ]);
  const shared = [...of({ a: '東京都庁' })].filter((one) => of({ a: '大東京市' }).has(one));
  expect(shared.length).toBeGreaterThan(0);
  expect(of({ a: 'Grüße' })).toEqual(of({ a: 'GRÜSSE'.replace('SS', 'ß') }));
  expect(wordsOf({ a: '' }, ['a', 'gone']).features).toHaveLength(0);
});
