import type { ReactNode } from 'react';
import type { ShelfGroup } from '#lib/shapes/shelf.ts';

/** The button that restores a group; null for whoever may not. */
export type RestoreOf = (group: ShelfGroup) => ReactNode;

/** The page that lists its items. */
export function groupHref({ batchId, category, shelf }: Pick<ShelfGroup, 'batchId' | 'category' | 'shelf'>): string {
  return `/shelf?${new URLSearchParams({ batch: batchId, category, shelf })}`;
}

/** Whether any of these categories puts its items on a shelf. */
export function archives(categories: { action: { connector: string; do: string } | null }[]): boolean {
  return categories.some(({ action }) => action?.connector === 'shelf' && action.do === 'archive');
}
