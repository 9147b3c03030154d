/**
 * The sum of a batch, folded from its receipts. Receipts are append-only and numbered without gaps in the transaction that moves the
 * chunk's seq (I3), so every receipt up to a seq that was read is visible to any later statement, and never changes: what was folded up to one
 * seq stays folded, is kept in chunk_fold, and only what came after it is read again, by whichever process. The database folds a million receipts into a few
 * rows, and keeps the fold that came further: statements of our own.
 */
import type { Pool } from 'pg';
import { ACTION_TRANSITIONS, type ActionReceiptKind } from '#lib/core/lifecycle.ts';
import { FOLD_SLICE_RECEIPTS } from '#lib/core/limits.ts';
import {
  type ChunkSum,
  differenceOf,
  type Folded,
  foldMoves,
  type KeptFold,
  type Move,
  NOTHING_FOLDED,
} from '#lib/core/receipts/sum.ts';
import type { ChunkNow } from '#lib/store/batches/batch-reads.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** What is asked of a chunk: where it is, and what was kept of it. */
export type ChunkToFold = Pick<
  ChunkNow,
  'id' | 'number' | 'state' | 'seq' | 'counters' | 'acceptedRest' | 'itemCount' | 'decisionId' | 'fold'
>;

/**
 * Per chunk number: its counters at the seq of `chunks`, and what its receipts up to exactly that seq say, folded onto what was kept. Reads `rowsMax` rows
 * of receipts and manifests at most, of the chunks that need the fewest: the others come with their counters and what was kept.
 */
export async function foldChunks(
  pool: Pool,
  batchId: string,
  chunks: readonly ChunkToFold[],
  rowsMax = Number.POSITIVE_INFINITY,
): Promise<Map<number, ChunkSum>> {
  const due = chunks.map((chunk) => ({ chunk, cost: costOf(chunk) })).sort((a, b) => a.cost - b.cost);
  let rows = 0;
  const left = new Set<number>();
  for (const { chunk, cost } of due) {
    rows += cost;
    if (rows > rowsMax) left.add(chunk.number);
  }
  const read = chunks.filter(({ number }) => !left.has(number));
  const [folds, approved] = [await foldOnward(pool, batchId, read.map(spanOf)), await countApproved(pool, read)];
  return new Map(
    chunks.map(({ id, number, state, seq, counters, acceptedRest, fold }) => {
      const says = left.has(number)
        ? null
        : { approved: approved.get(id) ?? fold?.approved ?? 0, folded: folds.get(number) ?? NOTHING_FOLDED };
      return [number, { state, seq, counters, acceptedRest, read: says, kept: fold }];
    }),
  );
}

/**
 * Keeps what was folded and how it compared, for whoever folds next; `at` is when the chunks were read. Of two that fold at once the one that came further is
 * kept: each says what all receipts up to its seq say, so neither counts twice.
 */
export async function keepFolds(
  pool: Pool,
  batchId: string,
  chunks: readonly ChunkToFold[],
  sums: ReadonlyMap<number, ChunkSum>,
  at: Date,
): Promise<void> {
  const kept = chunks.flatMap(({ number, seq, decisionId, fold }) => {
    const sum = sums.get(number);
    if (!sum?.read || (seq === 0 && decisionId === null)) return [];
    const difference = differenceOf(sum);
    const same = fold && fold.seq === seq && fold.decisionId === decisionId && fold.difference === difference;
    return same ? [] : [{ number, seq, decisionId, difference, ...sum.read }];
  });
  if (kept.length === 0) return;
  kept.sort((a, b) => a.number - b.number);
  await pool.query(KEEP, [
    ...[batchId, at, kept.map(({ number }) => number), kept.map(({ seq }) => seq), kept.map(({ folded }) => folded.receipts)],
    ...STATES.map((state) => kept.map(({ folded }) => folded.states[state] ?? 0)),
    ...[kept.map(({ decisionId }) => decisionId), kept.map(({ approved }) => approved), kept.map(({ difference }) => difference)],
  ]);
}

/** Folds the receipts of these spans onto what is before them, in statements of at most FOLD_SLICE_RECEIPTS receipts. */
export async function foldOnward(client: Querying, batchId: string, spans: readonly FoldSpan[]): Promise<Map<number, Folded>> {
  const folds = new Map(spans.map(({ chunk, before }) => [chunk, before]));
  for (const asked of slicesOf(spans)) {
    for (const [chunk, { moves, receipts }] of await readMoves(client, batchId, asked))
      folds.set(chunk, foldMoves(folds.get(chunk) ?? NOTHING_FOLDED, moves, receipts));
  }
  return folds;
}

/** What a decision approved in a chunk, by the chunk's id. Frozen rows are insert-only, so it is counted once and kept. */
export async function countApproved(
  client: Querying,
  chunks: readonly Pick<ChunkToFold, 'id' | 'decisionId' | 'fold'>[],
): Promise<Map<string, number>> {
  const unknown = chunks.filter((chunk) => !knowsApproved(chunk));
  if (unknown.length === 0) return new Map();
  const { rows } = await client.query<{ id: string; approved: number }>(
    `SELECT asked.id,
       (SELECT count(*)::int FROM manifest_row m
        WHERE m.decision_id = asked.decision_id AND m.chunk_id = asked.id AND m.connector IS NOT NULL) AS approved
     FROM unnest($1::uuid[], $2::uuid[]) AS asked(id, decision_id)`,
    [unknown.map(({ id }) => id), unknown.map(({ decisionId }) => decisionId)],
  );
  return new Map(rows.map(({ id, approved }) => [id, approved]));
}

/** The columns of chunk_fold that count actions by what their last receipt says. */
export const STATES = ['intent', 'succeeded', 'failed', 'uncertain', 'skipped', 'not_executed', 'abandoned'] as const;

/** Rows that have to be read to know what the chunk's receipts and its manifest say. */
function costOf(chunk: ChunkToFold): number {
  return chunk.seq - spanOf(chunk).above + (knowsApproved(chunk) ? 0 : chunk.itemCount);
}

function knowsApproved({ decisionId, fold }: Pick<ChunkToFold, 'decisionId' | 'fold'>): boolean {
  return decisionId === (fold?.decisionId ?? null);
}

export type FoldSpan = { chunk: number /** exclusive */; above: number /** inclusive */; upTo: number; before: Folded };

/** From what was kept to the seq that is asked for; from the first receipt where that is past already. */
function spanOf({ number, seq, fold }: ChunkToFold): FoldSpan {
  const before: (Folded & Pick<KeptFold, 'seq'>) | null = fold && fold.seq <= seq ? fold : null;
  return {
    chunk: number,
    above: before?.seq ?? 0,
    upTo: seq,
    before: before ? { states: before.states, receipts: before.receipts } : NOTHING_FOLDED,
  };
}

type Asked = Omit<FoldSpan, 'before'>;

function* slicesOf(spans: readonly FoldSpan[]): Generator<Asked[]> {
  let slice: Asked[] = [];
  let room = FOLD_SLICE_RECEIPTS;
  for (const { chunk, above: first, upTo } of spans) {
    for (let above = first; above < upTo; ) {
      const to = Math.min(upTo, above + room);
      slice.push({ chunk, above, upTo: to });
      room -= to - above;
      above = to;
      if (room > 0) continue;
      yield slice;
      slice = [];
      room = FOLD_SLICE_RECEIPTS;
    }
  }
  if (slice.length > 0) yield slice;
}

type ChunkMoves = { moves: Move[]; receipts: number };

const KINDS = Object.keys(ACTION_TRANSITIONS) as ActionReceiptKind[];

async function readMoves(client: Querying, batchId: string, asked: readonly Asked[]): Promise<Map<number, ChunkMoves>> {
  const { rows } = await client.query<{
    chunk: number;
    was: number | null;
    is: number | null;
    actions: number;
    receipts: number;
  }>(MOVES, [batchId, asked.map(({ chunk }) => chunk), asked.map(({ above }) => above), asked.map(({ upTo }) => upTo)]);
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

// The latest receipt of an action is the one with the highest step. Step and kind share a number, so that one pass without a sort finds it. A new batch is in
// no statistic: OFFSET 0 and the scalar subquery leave the planner no other way than the two indexes.
/** @internal for the test of its plan */
export const MOVES = `
WITH touched AS (
  SELECT asked.chunk, r.ordinal, min(r.step) AS first_step, max(r.step * 16 + r.code) AS last, count(*) AS receipts
  FROM unnest($2::int[], $3::int[], $4::int[]) AS asked(chunk, above, up_to)
  CROSS JOIN LATERAL (
    SELECT ordinal, step, ${kindCode('one')} AS code FROM receipt one
    WHERE batch_id = $1 AND chunk = asked.chunk AND seq > asked.above AND seq <= asked.up_to OFFSET 0) r
  GROUP BY asked.chunk, r.ordinal
)
SELECT t.chunk,
  CASE WHEN t.first_step > 1 THEN (
    SELECT ${kindCode('earlier')} FROM receipt earlier
    WHERE earlier.batch_id = $1 AND earlier.ordinal = t.ordinal AND earlier.step = t.first_step - 1) END AS was,
  t.last % 16 AS "is", count(*)::int AS actions, sum(t.receipts)::int AS receipts
FROM touched t
GROUP BY 1, 2, 3`;

const KEPT = ['seq', 'receipts', ...STATES, 'decision_id', 'approved', 'difference'];

const KEEP = `
INSERT INTO chunk_fold (batch_id, chunk, ${KEPT.join(', ')}, checked_at, refolded_at)
SELECT $1, k.*, $2, clock_timestamp()
FROM unnest($3::int[], $4::int[], $5::int[], ${STATES.map((_, index) => `$${index + 6}::int[]`).join(', ')},
  $${STATES.length + 6}::uuid[], $${STATES.length + 7}::int[], $${STATES.length + 8}::int[]) k
ON CONFLICT (batch_id, chunk) DO UPDATE SET ${[...KEPT, 'checked_at'].map((column) => `${column} = excluded.${column}`).join(', ')}
WHERE chunk_fold.seq <= excluded.seq`;
