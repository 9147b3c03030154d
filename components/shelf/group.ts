import type { ReactNode } from 'react';
import type { ActionWords } from '#lib/shapes/actions.ts';
import type { ShelfGroup } from '#lib/shapes/shelf.ts';

/** The button that restores a group; null for whoever may not. */
export type RestoreOf = (group: ShelfGroup) => ReactNode;

/** The page that lists its items. */
export function groupHref({ batchId, category, shelf }: Pick<ShelfGroup, 'batchId' | 'category' | 'shelf'>): string {
  return `/shelf?${new URLSearchParams({ batch: batchId, category, shelf })}`;
}

/** Whether any of these categories puts its items on a shelf. */
export function archives(categories: { action: Pick<ActionWords, 'shelf'> | null }[]): boolean {
  return categories.some(({ action }) => action?.shelf !== undefined);
}
