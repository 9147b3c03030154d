import { Undo } from '#app/(desk)/batches/[id]/undo.tsx';
import type { ShelfGroup } from '#lib/shapes/shelf.ts';

/** The button that undoes what put a group on its shelf. */
export function Restore({ group: { batchId, batchName, category }, ...size }: { group: ShelfGroup; size?: 'small' }) {
  return <Undo batchId={batchId} scope={{ category }} {...size} label="Restore…" what={`${category} of ${batchName}`} />;
}
