import { type LiveEvents, useLive } from '#app/(desk)/use-live.ts';
import { TAPE_LINES, TAPE_TOLD } from '#lib/core/limits.ts';
import type { BatchProgress, BatchSnapshot } from '#lib/shapes/live.ts';

const EVENTS: LiveEvents<BatchSnapshot> = {
  snapshot: (_before, event) => event as BatchSnapshot,
  progress: (before, event) => merged(before, event as BatchProgress),
};

/** The batch as it is now. */
export function useLiveBatch(initial: BatchSnapshot): BatchSnapshot {
  return useLive({ batch: initial.id }, initial, EVENTS);
}

function merged(before: BatchSnapshot, progress: BatchProgress): BatchSnapshot {
  const chunks = replaced(before.chunks, progress.chunks);
  const lines = [...progress.tape, ...before.tape];
  const tape = [
    ...lines.filter(({ seq }) => seq === null).slice(0, TAPE_TOLD),
    ...lines.filter(({ seq }) => seq !== null).slice(0, TAPE_LINES),
  ];
  return { ...before, ...progress, chunks, tape };
}

/** What did not change stays the same object, so that nothing of it is drawn again. */
function replaced<Chunk extends { number: number }>(before: Chunk[], news: readonly Chunk[]): Chunk[] {
  if (news.length === 0) return before;
  const changed = new Map(news.map((chunk) => [chunk.number, chunk]));
  return before.map((chunk) => changed.get(chunk.number) ?? chunk);
}
