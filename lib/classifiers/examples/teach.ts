/** What to ask a person next, and how far it has come. */
import type { ReadItems, TeachRound } from '#lib/classifiers/port.ts';
import { rightOf } from '#lib/core/examples/held-out.ts';
import { nextPicks } from '#lib/core/examples/picks.ts';
import { addToRarity, emptyRarity, vectorsBy } from '#lib/core/examples/vectors.ts';
import { EXAMPLE_POOL_ITEMS } from '#lib/core/limits.ts';
import { decide, EXAMPLES_LEAST, learnPart, readPool } from './learn-part.ts';
import { type ExamplesPart, taughtOf } from './part.ts';

export async function teachRound(
  part: ExamplesPart,
  { dataset, most }: { dataset: string; most: number },
  read: ReadItems,
): Promise<TeachRound> {
  const pool = await readPool(dataset, part.fields ?? null, read, EXAMPLE_POOL_ITEMS);
  const of = await learnPart(part, read);
  const vectorOf = of?.vectorOf ?? vectorsBy(rarityOf(pool.words));
  const vectors = pool.words.map(vectorOf);
  const mine = taughtOf(part, dataset);
  const decided = new Set<number>();
  pool.ordinals.forEach((ordinal, place) => {
    if (mine.has(ordinal)) decided.add(place);
  });
  const picks = nextPicks(vectors, pool.order, decided, of?.learned ?? null, most);
  const items = new Map<string, number>();
  let unsure = 0;
  vectors.forEach((vector, place) => {
    if (decided.has(place)) return;
    const category = of && decide(part, of, vector).category;
    if (category === null) unsure++;
    else items.set(category, (items.get(category) ?? 0) + 1);
  });
  const taught = Map.groupBy(
    part.taught.flatMap((one) => Object.entries(one.items)),
    ([category]) => category,
  );
  return {
    ordinals: picks.map((place) => pool.ordinals[place] as number),
    taught: [...taught.values()].flat().reduce((sum, [, ordinals]) => sum + ordinals.length, 0),
    least: EXAMPLES_LEAST,
    categories: [...taught].map(([name, all]) => ({
      name,
      taught: all.reduce((sum, [, ordinals]) => sum + ordinals.length, 0),
      items: items.get(name) ?? 0,
    })),
    rest: { items: vectors.length - decided.size, unsure, exact: pool.whole },
    right: of && rightOf(of.learned.heldOut, of.random),
  };
}

function rarityOf(all: Iterable<Parameters<typeof addToRarity>[1]>) {
  const rarity = emptyRarity();
  for (const words of all) addToRarity(rarity, words);
  return rarity;
}
