'use client';

import { createContext, type ReactNode, useContext } from 'react';
import { queries } from '#components/api-client.ts';
import type { Drawn } from '#lib/shapes/datasets.ts';

/** Where the items come from that are shown inside, and how people see them. */
export type ItemsFrom = { datasetId: string; drawn: Drawn };

const From = createContext<ItemsFrom | null>(null);

export function ItemsOf({ datasetId, drawn, children }: ItemsFrom & { children: ReactNode }) {
  return <From value={{ datasetId, drawn }}>{children}</From>;
}

/** Null where nobody says it: then an item has nothing but its fields. */
export function useItemsFrom(): ItemsFrom | null {
  return useContext(From);
}

/** An item taken apart. What was read of a file does not change. */
export function openedOf(id: string, ordinal: number) {
  return queries.datasets.opened.queryOptions({ input: { id, ordinal }, staleTime: Number.POSITIVE_INFINITY, retry: false });
}

/** An item with all of its values and its bytes. */
export function originalOf(id: string, ordinal: number) {
  return queries.datasets.item.queryOptions({ input: { id, ordinal }, staleTime: Number.POSITIVE_INFINITY });
}
