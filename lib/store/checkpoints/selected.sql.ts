/**
 * What is read of many chunks of a batch at once. Statements of our own: chunks and items are named by lists, and an item is looked up by its key, or the planner may
 * walk the whole batch.
 */
import type { Pool } from 'pg';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import { CLASSIFIED, type ClassifiedItem } from './checkpoint-reads.sql.ts';

export type SelectedChunk = {
  id: string;
  number: number;
  name: string;
  state: ChunkState;
  revision: number;
  itemCount: number;
  classified: number;
  seed: Buffer;
  /** which revision of the rules it goes by */
  planRevision: number;
};

/** By number: these, or all in one of these states. */
export async function readSelected(
  pool: Pool,
  batchId: string,
  which: { numbers: readonly number[] } | { states: readonly ChunkState[] },
): Promise<SelectedChunk[]> {
  const { rows } = await pool.query<SelectedChunk>(
    `SELECT id, number, name, state, revision, item_count AS "itemCount", classified, seed, plan_revision AS "planRevision" FROM chunk
     WHERE batch_id = $1 AND ($2::int[] IS NULL OR number = ANY($2)) AND ($3::text[] IS NULL OR state = ANY($3)) ORDER BY number`,
    [batchId, 'numbers' in which ? which.numbers : null, 'states' in which ? which.states : null],
  );
  return rows;
}

type ClassifiedOf = ClassifiedItem & { chunk: number; state: ChunkState; decisionId: string | null };

/** These items of any chunks of the batch, with the chunk of each, by ordinal. */
export async function readItemsOf(
  pool: Pool,
  { batchId, datasetId }: { batchId: string; datasetId: string },
  ordinals: readonly number[],
): Promise<Map<number, ClassifiedOf>> {
  const { rows } = await pool.query<ClassifiedOf>(
    `SELECT ${CLASSIFIED}, c.number AS chunk, c.state, c.decision_id AS "decisionId" FROM unnest($3::int[]) asked(ordinal)
     CROSS JOIN LATERAL (SELECT * FROM classification WHERE batch_id = $1 AND ordinal = asked.ordinal OFFSET 0) a
     CROSS JOIN LATERAL (SELECT fields FROM item WHERE dataset_id = $2 AND ordinal = asked.ordinal OFFSET 0) i
     JOIN chunk c ON c.id = a.chunk_id`,
    [batchId, datasetId, ordinals],
  );
  return new Map(rows.map((row) => [row.ordinal, row]));
}

export type UnreleasedDecision = {
  decisionId: string;
  chunks: number[];
  chunk: number;
  chunkId: string;
  /** those that hold the first actions */
  firsts: string[];
  waiting: number;
  /** whether some of these are not at their release yet */
  undone: boolean;
};

/** The approvals of which a rest waits for its release, by their first chunk. In the `undone` states the first actions are still to be done. */
export async function readUnreleasedDecisions(
  pool: Pool,
  batchId: string,
  { releasable, undone }: { releasable: readonly ChunkState[]; undone: readonly ChunkState[] },
): Promise<UnreleasedDecision[]> {
  const { rows } = await pool.query<UnreleasedDecision>(
    `SELECT decision_id AS "decisionId", array_agg(number ORDER BY number) AS chunks,
       (array_agg(number ORDER BY state = ANY($2::text[]) DESC, number))[1] AS chunk,
       (array_agg(id ORDER BY state = ANY($2::text[]) DESC, number))[1] AS "chunkId", coalesce(array_agg(id ORDER BY number) FILTER (WHERE has_first), '{}') AS firsts,
       sum(approved_actions - done - skipped - failed - uncertain - not_executed - in_flight)::int AS waiting,
       coalesce(bool_or(state = ANY($3::text[])) FILTER (WHERE has_first), false) AS undone
     FROM chunk WHERE batch_id = $1 AND decision_id IS NOT NULL AND NOT released AND state = ANY($2::text[] || $3::text[]) GROUP BY decision_id ORDER BY min(number)`,
    [batchId, [...releasable], [...undone]],
  );
  return rows;
}
