import type { ReactNode } from 'react';

/** A group of the shelf: what one category of a batch put on it. */
export type ShelfGroupView = {
  batchId: string;
  batchName: string;
  category: string;
  shelf: string;
  datasetName: string;
  noun: string;
  count: number;
  /** more lie there than were counted */
  more: boolean;
  since: string;
  undoing: { id: string; name: string }[];
};

/** The button that restores a group; null for whoever may not. */
export type RestoreOf = (group: ShelfGroupView, size?: 'small') => ReactNode;

/** The page that lists its items. */
export function groupHref({ batchId, category, shelf }: Pick<ShelfGroupView, 'batchId' | 'category' | 'shelf'>): string {
  return `/shelf?${new URLSearchParams({ batch: batchId, category, shelf })}`;
}

/** Whether any of these categories puts its items on a shelf. */
export function archives(categories: { action: { connector: string; do: string } | null }[]): boolean {
  return categories.some(({ action }) => action?.connector === 'shelf' && action.do === 'archive');
}
