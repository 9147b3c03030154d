'use client';

import { useKeys } from '#components/ui/use-keys.ts';

type Acts = {
  categories: string[];
  category: string;
  step: (by: number) => void;
  choose: (category: string) => void;
  toggleAll: () => void;
  search: () => void;
  help: () => void;
  /** null where no mark is taken */
  accept: (() => void) | null;
  takeBack: () => void;
  /** null where no evidence is kept */
  walk: (() => void) | null;
  assign: (category: string) => void;
  decide: () => void;
  /** null where the page's "Review next" has the key */
  next: (() => void) | null;
};

/** A checkpoint by keyboard alone; KeyHelp lists the keys. */
export function useCheckpointKeys({ categories, category, next, accept, walk, ...acts }: Acts): void {
  useKeys({
    j: () => acts.step(1),
    k: () => acts.step(-1),
    ...(accept ? { a: accept, y: accept } : {}),
    z: acts.takeBack,
    ...(walk ? { r: walk } : {}),
    c: () => acts.choose(categories[(categories.indexOf(category) + 1) % categories.length] ?? category),
    s: acts.toggleAll,
    e: acts.decide,
    '/': acts.search,
    '?': acts.help,
    ...(next ? { n: next } : {}),
    ...Object.fromEntries(categories.slice(0, 9).map((name, index) => [String(index + 1), () => acts.assign(name)])),
  });
}
