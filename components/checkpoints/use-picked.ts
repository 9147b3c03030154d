'use client';

import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api, asOutcome } from '#components/api-client.ts';
import { writing } from '#components/ui/writing.ts';
import type { ItemSet } from '#lib/shapes/chunk-items.ts';
import type { OfChunk } from './checkpoint-view.ts';
import { filterOf, listQuery } from './list-asked.ts';
import { allPicked, extended, NOTHING_PICKED, type Picked, toggled } from './picked.ts';
import type { WholeSet } from './use-acts.ts';
import type { Selection } from './use-selection.ts';

/**
 * What is selected on the list, and the offer to take all that match instead. These are counted when it is asked for: what comes to match later is left out.
 * @param settle waits until what was moved before is saved: it is counted with it
 */
export function usePicked(
  of: OfChunk,
  { asked, category, ordinals, current, items, step }: Selection,
  settle: () => Promise<unknown>,
) {
  const [picked, setPicked] = useState<Picked>(NOTHING_PICKED);
  const [whole, setWhole] = useState<WholeSet | null>(null);
  const list = listQuery({ ...asked, item: null });
  const shown = useRef(list);
  const query = filterOf(asked, category);
  const count = useMutation(
    writing(['chunks', of.id, of.n, 'count', query], async () => {
      await settle();
      return asOutcome<ItemSet>(api.chunks.count({ ...of, ...query }));
    }),
  );
  const { reset } = count;

  const change = (next: Picked) => {
    setWhole(null);
    reset();
    setPicked(next);
  };
  // Another list: nothing of it is selected.
  useEffect(() => {
    if (shown.current === list) return;
    shown.current = list;
    setWhole(null);
    reset();
    setPicked(NOTHING_PICKED);
  }, [list, reset]);

  const extend = (by: number) => {
    const from = current?.ordinal ?? null;
    const to = step(by);
    if (to !== null) change(extended(picked, ordinals, from, to));
  };
  return {
    ordinals: picked.ordinals,
    whole,
    /** as far as it is known: all that match are more than what is on the list */
    offer: whole === null && count.data && count.data.count > picked.ordinals.size ? count.data : null,
    counting: count.isPending,
    error: count.error?.message ?? null,
    toggle: (ordinal: number) => change(toggled(picked, ordinal)),
    extendTo: (ordinal: number) => change(extended(picked, ordinals, current?.ordinal ?? null, ordinal)),
    extend,
    /** All of the list; where it goes on, all that match are counted. */
    all() {
      change(allPicked(ordinals));
      if (!items.whole && ordinals.length > 0) count.mutate();
    },
    takeWhole: () => count.data && setWhole({ query, ...count.data }),
    clear: () => change(NOTHING_PICKED),
  };
}

export type PickedItems = ReturnType<typeof usePicked>;
