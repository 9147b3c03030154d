import type { ChunkState } from '#lib/core/lifecycle.ts';

/** Whether a chunk was decided: approved, whatever became of it, or closed. Nothing changes its categories any more; marks go on. */
export function isDecided({ state, decisionId }: { state: ChunkState; decisionId: string | null }): boolean {
  return decisionId !== null || state === 'closed';
}
