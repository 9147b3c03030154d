'use client';

import { useState } from 'react';
import type { CheckpointCategory, Sample } from '#lib/shapes/checkpoints.ts';

type Kept = {
  categories: CheckpointCategory[] | null;
  byOrdinal: Map<number, Sample>;
  order: Map<string, number[]>;
  random: Map<number, string>;
};

/**
 * The samples of every category, in an order that stays put: a sample that was moved away keeps its line in the list it was
 * first shown in, so nothing jumps under the reader's finger. `randomIn` says in which category a random sample was drawn.
 */
export function useSamples(categories: CheckpointCategory[]) {
  const [kept, setKept] = useState<Kept>({ categories: null, byOrdinal: new Map(), order: new Map(), random: new Map() });
  let now = kept;
  if (kept.categories !== categories) {
    now = merge(kept, categories);
    setKept(now);
  }
  return {
    of: (category: string): Sample[] => (now.order.get(category) ?? []).flatMap((ordinal) => now.byOrdinal.get(ordinal) ?? []),
    find: (ordinal: number): Sample | undefined => now.byOrdinal.get(ordinal),
    randomIn: now.random,
  };
}

function merge(kept: Kept, categories: CheckpointCategory[]): Kept {
  const byOrdinal = new Map(kept.byOrdinal);
  const order = new Map(kept.order);
  const random = new Map(kept.random);
  const placed = new Set([...order.values()].flat());
  for (const { name, sampleRandom, sampleUnsure } of categories) {
    const list = [...(order.get(name) ?? [])];
    for (const sample of [...sampleRandom, ...sampleUnsure]) {
      // A sample that is both counts as random, which is what the evidence needs.
      const known = byOrdinal.get(sample.ordinal);
      byOrdinal.set(sample.ordinal, known?.mark === 'random' ? { ...sample, mark: 'random' } : sample);
      if (sample.mark === 'random' && !random.has(sample.ordinal)) random.set(sample.ordinal, name);
      if (placed.has(sample.ordinal)) continue;
      placed.add(sample.ordinal);
      list.push(sample.ordinal);
    }
    order.set(name, list);
  }
  return { categories, byOrdinal, order, random };
}
