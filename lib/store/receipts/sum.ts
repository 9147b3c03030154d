/**
 * The sum of a batch, folded from its receipts. Receipts are append-only and numbered without gaps in the transaction that moves the
 * chunk's seq (I3), so every receipt up to a seq that was read is visible to any later statement, and never changes: what was folded up to one
 * seq stays folded, and only what came after it is read again.
 */
import type { Pool } from 'pg';
import { ACTION_TRANSITIONS, type ActionReceiptKind } from '#lib/core/lifecycle.ts';
import { type ChunkSum, type Folded, foldMoves, type Move, NOTHING_FOLDED } from '#lib/core/receipts/sum.ts';
import { type ChunkNow, readChunksNow } from '#lib/store/batches/batch-reads.ts';

/** What is remembered is folded again from the first receipt this often, so that nothing rests on this process alone. */
const REFOLD_MS = 10 * 60 * 1000;
const BATCHES_REMEMBERED = 20;

/** Per chunk number: its counters at the seq of `chunks`, and what its receipts up to exactly that seq say. */
export async function foldChunks(pool: Pool, batchId: string, chunks: readonly ChunkNow[]): Promise<Map<number, ChunkSum>> {
  const memory = remember(batchId);
  const folds = new Map<number, Folded>();
  const due: { chunk: number; above: number; upTo: number; before: Folded }[] = [];
  for (const { number, seq } of chunks) {
    const known = memory.folds.get(number);
    if (seq === 0) folds.set(number, NOTHING_FOLDED);
    else if (known?.seq === seq) folds.set(number, known.folded);
    // Somebody else may have folded further than the moment that is asked for.
    else if (known && known.seq < seq) due.push({ chunk: number, above: known.seq, upTo: seq, before: known.folded });
    else due.push({ chunk: number, above: 0, upTo: seq, before: NOTHING_FOLDED });
  }
  const read = due.length === 0 ? new Map<number, ChunkMoves>() : await readMoves(pool, batchId, due);
  for (const { chunk, upTo, before } of due) {
    const { moves, receipts } = read.get(chunk) ?? { moves: [], receipts: 0 };
    const folded = foldMoves(before, moves, receipts);
    folds.set(chunk, folded);
    if ((memory.folds.get(chunk)?.seq ?? 0) < upTo) memory.folds.set(chunk, { seq: upTo, folded });
  }
  await readApproved(pool, memory, chunks);
  return new Map(
    chunks.map((chunk) => {
      const approved = chunk.decisionId === null ? 0 : (memory.approved.get(approvalOf(chunk)) ?? 0);
      const folded = folds.get(chunk.number) ?? NOTHING_FOLDED;
      const { state, seq, counters, acceptedRest } = chunk;
      return [chunk.number, { state, seq, counters, acceptedRest, approved, folded }];
    }),
  );
}

/** How many actions of each chunk are uncertain, by their receipts; chunks without any are not there. Accepted ones do not count. */
export async function countUncertain(pool: Pool, batchId: string): Promise<Map<number, number>> {
  const folded = await foldChunks(pool, batchId, await readChunksNow(pool, batchId, { uncertain: true }));
  const uncertain = [...folded].map(([number, chunk]): [number, number] => [number, chunk.folded.states.uncertain ?? 0]);
  return new Map(uncertain.filter(([, count]) => count > 0));
}

type Memory = { since: number; folds: Map<number, { seq: number; folded: Folded }>; approved: Map<string, number> };

const memories = new Map<string, Memory>();

function remember(batchId: string): Memory {
  let memory = memories.get(batchId);
  if (!memory || performance.now() - memory.since > REFOLD_MS)
    memory = { since: performance.now(), folds: new Map(), approved: new Map() };
  // The batch that was asked for longest ago is first, and goes first.
  memories.delete(batchId);
  memories.set(batchId, memory);
  if (memories.size > BATCHES_REMEMBERED) memories.delete(memories.keys().next().value ?? '');
  return memory;
}

const approvalOf = (chunk: ChunkNow): string => `${chunk.id} ${chunk.decisionId}`;

/** Frozen rows are insert-only: what a decision approved in a chunk is counted once. */
async function readApproved(pool: Pool, memory: Memory, chunks: readonly ChunkNow[]): Promise<void> {
  const unknown = chunks.filter((chunk) => chunk.decisionId !== null && !memory.approved.has(approvalOf(chunk)));
  if (unknown.length === 0) return;
  const { rows } = await pool.query<{ id: string; decisionId: string; approved: number }>(
    `SELECT asked.id, asked.decision_id AS "decisionId",
       (SELECT count(*)::int FROM manifest_row m
        WHERE m.decision_id = asked.decision_id AND m.chunk_id = asked.id AND m.connector IS NOT NULL) AS approved
     FROM unnest($1::uuid[], $2::uuid[]) AS asked(id, decision_id)`,
    [unknown.map(({ id }) => id), unknown.map(({ decisionId }) => decisionId)],
  );
  for (const row of rows) memory.approved.set(`${row.id} ${row.decisionId}`, row.approved);
}

type ChunkMoves = { moves: Move[]; receipts: number };

const KINDS = Object.keys(ACTION_TRANSITIONS) as ActionReceiptKind[];

async function readMoves(
  pool: Pool,
  batchId: string,
  due: { chunk: number; above: number; upTo: number }[],
): Promise<Map<number, ChunkMoves>> {
  const { rows } = await pool.query<{ chunk: number; was: number | null; is: number | null; actions: number; receipts: number }>(
    MOVES,
    [...[batchId, due.map(({ chunk }) => chunk), due.map(({ above }) => above), due.map(({ upTo }) => upTo)]],
  );
  const found = new Map<number, ChunkMoves>();
  for (const { chunk, was, is, actions, receipts } of rows) {
    const own = found.get(chunk) ?? { moves: [], receipts: 0 };
    own.receipts += receipts;
    const to = is === null ? undefined : KINDS[is];
    // A decision is a receipt of the chunk and moves no action.
    if (to) own.moves.push({ was: was === null ? null : (KINDS[was] ?? null), is: to, actions });
    found.set(chunk, own);
  }
  return found;
}

const kindCode = (row: string): string =>
  `CASE ${KINDS.map((kind, code) => {
    const [name, result] = kind.split(':');
    return `WHEN ${row}.kind = '${name}'${result ? ` AND ${row}.result = '${result}'` : ''} THEN ${code}`;
  }).join(' ')} END`;

// The latest receipt of an action is the one with the highest step. Step and kind share a number, so that one pass without a sort finds it.
const MOVES = `
WITH touched AS (
  SELECT asked.chunk, r.ordinal, min(r.step) AS first_step, max(r.step * 16 + (${kindCode('r')})) AS last, count(*) AS receipts
  FROM unnest($2::int[], $3::int[], $4::int[]) AS asked(chunk, above, up_to)
  JOIN receipt r ON r.batch_id = $1 AND r.chunk = asked.chunk AND r.seq > asked.above AND r.seq <= asked.up_to
  GROUP BY asked.chunk, r.ordinal
)
SELECT t.chunk, ${kindCode('earlier')} AS was, t.last % 16 AS "is", count(*)::int AS actions, sum(t.receipts)::int AS receipts
FROM touched t
LEFT JOIN receipt earlier ON t.first_step > 1 AND earlier.batch_id = $1 AND earlier.ordinal = t.ordinal AND earlier.step = t.first_step - 1
GROUP BY 1, 2, 3`;
