/** The chunks of a batch that has too many to list, as its grid takes them. */
import type { ChunkCell } from '#lib/shapes/batches.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';

export type GridChunk = Pick<
  ChunkRow,
  'number' | 'name' | 'state' | 'stopping' | 'continued' | 'note' | 'itemCount' | 'counts' | 'waitsFor'
>;

/** The same cell gives the same object, so that nothing of a chunk that did not change is drawn again. */
export function gridChunks(cells: readonly ChunkCell[]): GridChunk[] {
  return cells.map((cell) => {
    const before = made.get(cell);
    if (before) return before;
    const { waitsFor, stopping = null, continued = false, note = null, counts = NOTHING, ...chunk } = cell;
    const grown = {
      ...chunk,
      stopping,
      continued,
      note,
      counts,
      waitsFor: waitsFor ? { for: waitsFor, until: null, target: null } : null,
    };
    made.set(cell, grown);
    return grown;
  });
}

const made = new WeakMap<ChunkCell, GridChunk>();
const NOTHING = { approved: 0, done: 0, skipped: 0, failed: 0, uncertain: 0, notExecuted: 0, inFlight: 0 };
