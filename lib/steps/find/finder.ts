/** What finds one kind of thing. `finders.ts` has all of them; nothing else names one. */
import type { Actor } from '#lib/auth/actor.ts';
import type { Verb } from '#lib/auth/authorise.ts';
import type { FindQuery } from '#lib/core/find/query.ts';
import type { FindKind, Found, FoundGroup } from '#lib/shapes/find.ts';

export type Finder = {
  kind: FindKind;
  /** for people, over what it found */
  title: string;
  /** what whoever finds it may do; it is left out for others, and says nothing of what there is */
  verb: Verb;
  /** looks through values, which costs more than names: a new look of a person ends their last one of this kind */
  values: boolean;
  find(look: Looking): Promise<Omit<FoundGroup, 'kind' | 'title'>>;
};

export type Looking = {
  actor: Actor;
  query: FindQuery;
  /** as it was typed */
  q: string;
  limit: number;
  cursor: string | null;
  /** the batch at hand */
  batchId: string | null;
  /** ends the look before its time */
  ended: AbortSignal;
};

const NOTHING: Found = {
  ...{ title: '', field: null, value: null, state: null, exact: false, batch: null, dataset: null },
  ...{ id: null, chunk: null, seq: null, ordinal: null },
};

/** What was found, without what it has not. */
export function found(of: Partial<Found> & Pick<Found, 'title'>): Found {
  return { ...NOTHING, ...of };
}

/** Those that are exactly it first, and each as it was found. */
export function exactFirst(items: readonly Found[]): Found[] {
  return [...items.filter(({ exact }) => exact), ...items.filter(({ exact }) => !exact)];
}
