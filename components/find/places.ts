/** Where something that was found is opened, and the places of the page one is at. Pure. */

import { ALL_ROWS, rowsAddress } from '#components/datasets/rows-address.ts';
import { receiptsAddress } from '#components/receipts/receipts-address.ts';
import type { PaletteCommand } from '#components/ui/palette-actions.tsx';
import type { FindKind, Found } from '#lib/shapes/find.ts';

/** The address of what was found. `sees`: whoever may not see items is led to the receipts of a chunk. */
export function addressOf(kind: FindKind, found: Found, sees: boolean): string {
  const { id, batch, dataset, chunk, seq, ordinal, value } = found;
  switch (kind) {
    case 'batches':
      return `/batches/${id}`;
    case 'datasets':
      return `/datasets/${id}`;
    case 'people':
      return '/admin/people';
    case 'chunks':
      return sees
        ? `/batches/${batch?.id}/chunks/${chunk}`
        : receiptsAddress(batch?.id ?? '', { chunk: String(chunk), oldest: false });
    case 'receipts':
      return `/batches/${batch?.id}/receipts/${chunk}-${seq}`;
    case 'items':
      if (batch) return `/batches/${batch.id}/items/${ordinal}`;
      // In no batch it has no story: its row is found again by its value.
      return rowsAddress(dataset?.id ?? '', { ...ALL_ROWS, search: (value ?? '').replace(/^…|…$/g, '') });
  }
}

const BATCH = /^\/batches\/([0-9a-f-]{36})(?:\/|$)/;
const DATASET = /^\/datasets\/([0-9a-f-]{36})(?:\/|$)/;

/** The batch of the page one is at, or null. */
export function batchOf(path: string): string | null {
  return BATCH.exec(path)?.[1] ?? null;
}

/** The parts of the batch or the dataset one is at, and what can be downloaded of it. */
export function placesOf(path: string, sees: boolean): PaletteCommand[] {
  const batch = batchOf(path);
  const dataset = sees ? DATASET.exec(path)?.[1] : undefined;
  if (batch !== null) {
    const page = `/batches/${batch}`;
    const api = `/api/v1/batches/${batch}`;
    const part = (tab: string, label: string) => ({ id: `batch:${tab}`, label, group: 'This batch', href: `${page}?tab=${tab}` });
    const file = (path: string, label: string) => ({
      id: `file:${path}`,
      label,
      group: 'This batch',
      href: `${api}/${path}`,
      download: true,
    });
    return [
      { id: 'batch', label: 'The batch', group: 'This batch', href: page },
      ...[part('receipts', 'Receipts'), part('uncertain', 'Uncertain'), part('plan', 'Plan'), part('task', 'Task body')],
      part('downloads', 'Downloads'),
      ...[
        file('receipts?format=jsonl', 'Download the receipts as JSONL'),
        file('receipts?format=csv', 'Download the receipts as CSV'),
      ],
      ...[file('receipts?format=md', 'Download the task body'), file('trail.zip', 'Download the trail')],
    ];
  }
  if (!dataset) return [];
  const page = `/datasets/${dataset}`;
  const part = (path: string, label: string) => ({ id: `dataset:${path}`, label, group: 'This dataset', href: `${page}${path}` });
  return [
    part('', 'Rows'),
    part('?tab=fields', 'Fields'),
    part('?tab=unreadable', 'Unreadable rows'),
    part('/reading', 'How it was read'),
  ];
}
