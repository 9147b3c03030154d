import type { ChunkState } from '#lib/core/lifecycle.ts';
import type { ActionCounts } from '#lib/core/receipts/sum.ts';

/** A chunk as lists show it. */
export type ChunkRow = {
  number: number;
  name: string;
  state: ChunkState;
  stopping: string | null;
  itemCount: number;
  classified: number;
  continued: boolean;
  counts: ActionCounts;
  revision: number;
  seq: number;
  note: string | null;
  haltReason: string | null;
  /** the target that failed, which this chunk can't go on without */
  waitsFor: string | null;
  worker: { id: string; host: string; pid: number; silentMs: number | null } | null;
};
