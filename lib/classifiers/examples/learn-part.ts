/** Reads what a plan was taught, and learns from it: the same items and categories give the same, bit for bit (docs/examples.md). */
import { createHash } from 'node:crypto';
import type { ClassifierItem, ReadItems } from '#lib/classifiers/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type Learned, learnFrom } from '#lib/core/examples/learned.ts';
import { drawn, poolOrdinals, randomOrder } from '#lib/core/examples/picks.ts';
import { addToRarity, emptyRarity, type Rarity, type Vector, vectorsBy } from '#lib/core/examples/vectors.ts';
import { type Words, wordsOf } from '#lib/core/examples/words.ts';
import { EXAMPLE_POOL_ITEMS } from '#lib/core/limits.ts';
import type { ExamplesPart, Taught } from './part.ts';

/** Fewer examples, or of one category alone, teach nothing. */
export const EXAMPLES_LEAST = 10;

/** One that a person decided: which item of which dataset, and as what. */
type Decided = { dataset: string; ordinal: number; category: string };

export type LearnedPart = {
  /** the categories that were learned, in the order in which chances come */
  categories: string[];
  /** the examples, in the order in which they were learned */
  decided: Decided[];
  /** per example, whether it is of the random part */
  random: boolean[];
  learned: Learned;
  vectorOf: (words: Words) => Vector;
  digest: string;
};

/** Null where too little was taught. Throws `conflict` where what was taught is not there any more. */
export async function learnPart(part: Pick<ExamplesPart, 'taught' | 'fields'>, read: ReadItems): Promise<LearnedPart | null> {
  const categories = [...new Set(part.taught.flatMap(({ items }) => Object.keys(items)))]
    .filter((category) => part.taught.some(({ items }) => (items[category] ?? []).length > 0))
    .sort();
  const decided = part.taught.flatMap(decidedOf);
  if (categories.length < 2 || decided.length < EXAMPLES_LEAST) return null;
  const rarity = emptyRarity();
  const random: boolean[] = [];
  const words: Words[] = [];
  for (const one of part.taught) {
    const pool = await readPool(one.dataset, part.fields ?? null, read, Math.floor(EXAMPLE_POOL_ITEMS / part.taught.length));
    for (const own of pool.words) addToRarity(rarity, own);
    const ordinals = decidedOf(one).map(({ ordinal }) => ordinal);
    words.push(...(await wordsOfItems(one.dataset, ordinals, pool, read)));
    const first = drawnOf(pool, new Set(ordinals));
    random.push(...ordinals.map((ordinal) => first.has(ordinal)));
  }
  const vectorOf = vectorsBy(rarity);
  const examples = decided.map(({ category }, at) => ({
    vector: vectorOf(words[at] as Words),
    category: categories.indexOf(category),
  }));
  const learned = learnFrom(examples, categories.length, random);
  return { ...{ categories, decided, random, learned, vectorOf }, digest: digestOf(categories, rarity, learned) };
}

/** By their ordinals. */
function decidedOf({ dataset, items }: Taught): Decided[] {
  const all = Object.entries(items).flatMap(([category, ordinals]) =>
    ordinals.map((ordinal) => ({ dataset, ordinal, category })),
  );
  return all.sort((one, other) => one.ordinal - other.ordinal);
}

/** Items of a dataset with their words: all of them, or as many as may be, from everywhere in it. */
type Pool = { ordinals: Int32Array; words: Words[]; fields: string[]; order: Int32Array; whole: boolean };

/** Pools that one thread keeps: a dataset that is whole never changes, but by an erasure. */
const POOLS_KEPT = 2;
const pools = new Map<string, Promise<Pool>>();

export async function readPool(dataset: string, only: readonly string[] | null, read: ReadItems, most: number): Promise<Pool> {
  const facts = await read.facts(dataset);
  if (!facts) {
    const message = 'The items that it is taught with are not there: their dataset was deleted, or is not whole yet.';
    throw new CountersignError('conflict', message);
  }
  const fields = [...(only ?? facts.fields)].sort();
  const key = JSON.stringify([dataset, facts.items, fields, most]);
  const kept = pools.get(key) ?? readPoolNow(dataset, facts.items, fields, read, most);
  pools.delete(key);
  pools.set(key, kept);
  kept.catch(() => pools.delete(key));
  if (pools.size > POOLS_KEPT) pools.delete(pools.keys().next().value ?? '');
  return kept;
}

async function readPoolNow(dataset: string, items: number, fields: string[], read: ReadItems, most: number): Promise<Pool> {
  const ordinals: number[] = [];
  const words: Words[] = [];
  for await (const page of read.items(dataset, poolOrdinals(items, most, dataset), fields))
    for (const item of page) {
      ordinals.push(item.ordinal);
      words.push(wordsOf(item.fields, fields));
    }
  return {
    ordinals: Int32Array.from(ordinals),
    words,
    fields,
    order: randomOrder(ordinals.length, dataset),
    whole: items <= most,
  };
}

/** The ordinals that are the first of the pool's random order and decided. */
function drawnOf({ ordinals, order }: Pick<Pool, 'ordinals' | 'order'>, decided: ReadonlySet<number>): Set<number> {
  const places = new Set<number>();
  ordinals.forEach((ordinal, place) => {
    if (decided.has(ordinal)) places.add(place);
  });
  return new Set(Array.from(drawn(order, places), (place) => ordinals[place] as number));
}

async function wordsOfItems(dataset: string, ordinals: readonly number[], pool: Pool, read: ReadItems): Promise<Words[]> {
  const known = new Map<number, Words>();
  for (const [at, ordinal] of pool.ordinals.entries()) known.set(ordinal, pool.words[at] as Words);
  const missing = ordinals.filter((ordinal) => !known.has(ordinal));
  if (missing.length > 0)
    for await (const page of read.items(dataset, missing, pool.fields))
      for (const { ordinal, fields } of page as ClassifierItem[]) known.set(ordinal, wordsOf(fields, pool.fields));
  return ordinals.map((ordinal) => {
    const words = known.get(ordinal);
    if (words) return words;
    const message = `Item ${ordinal}, which it was taught with, is not there any more: it was erased. Take it out of the examples.`;
    throw new CountersignError('conflict', message);
  });
}

/** Of all by which an item is classified. */
function digestOf(categories: readonly string[], { items, counts }: Rarity, { weights, temperature }: Learned): string {
  const hash = createHash('sha256').update(`countersign examples 1\n${JSON.stringify([categories, items, temperature])}\n`);
  for (const numbers of [counts, weights.features, weights.rows])
    hash.update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  return hash.digest('hex');
}

/** So much of an item may stand in no example at most: else a word or two decide what it is. */
const UNKNOWN_MOST = 0.97;

/** Where an item belongs: its likeliest categories with their chances, the likeliest first; `category` is null where that is not sure enough. */
export function decide(
  { sure }: Pick<ExamplesPart, 'sure'>,
  of: LearnedPart,
  vector: Vector,
): { category: string | null; chances: { name: string; place: number; chance: number }[]; unknown: boolean } {
  const { chances, unknown } = of.learned.chances(vector);
  const likeliest = of.categories
    .map((name, place) => ({ name, place, chance: chances[place] as number }))
    .sort((one, other) => other.chance - one.chance || one.place - other.place);
  const [first] = likeliest;
  const isUnknown = unknown > UNKNOWN_MOST;
  return {
    category: first && !isUnknown && first.chance >= sure ? first.name : null,
    ...{ chances: likeliest, unknown: isUnknown },
  };
}
