/**
 * The judge of the crash tests: what the receipts say against what the target's own log says. It reads committed rows and the target's
 * synced file, and asks none of the product's code.
 */
import type { Pool } from 'pg';
import type { TargetLine } from '#test/target.ts';

/** Everything here has to be empty: each entry names an item whose receipts do not tell the truth. */
export type Findings = {
  /** acted on, without any intent receipt with that key */
  withoutIntent: string[];
  /** acted on before the intent's transaction committed, by the commit time that PostgreSQL keeps */
  beforeCommit: string[];
  /** acted on twice */
  doubled: string[];
  /** "failed" or "not executed", yet acted on; or "succeeded", yet not acted on */
  falseOutcomes: string[];
  /** more than one intent or outcome for an attempt that nobody asked to repeat */
  repeatedReceipts: string[];
  /** committed under an epoch that was over by then */
  zombieReceipts: string[];
};

export const NOTHING: Findings = {
  withoutIntent: [],
  beforeCommit: [],
  doubled: [],
  falseOutcomes: [],
  repeatedReceipts: [],
  zombieReceipts: [],
};

type Row = {
  chunk: number;
  seq: number;
  ordinal: number;
  step: number;
  kind: string;
  result: string | null;
  body: string;
  committedMs: number;
};
type Body = { idempotencyKey?: string; epoch?: number };

/** `lines` of every target that the batch reached. Needs a server that keeps commit times (`track_commit_timestamp`). */
export async function judge(pool: Pool, batchId: string, lines: TargetLine[]): Promise<Findings> {
  const rows = await receiptsOf(pool, batchId);
  const intents = new Map<string, Row>();
  const last = new Map<number, Row>();
  const counts = new Map<string, number>();
  const epochs = new Map<number, number>();
  const found: Findings = structuredClone(NOTHING);
  for (const row of rows) {
    const body = JSON.parse(row.body) as Body;
    if (row.kind === 'intent' && body.idempotencyKey) intents.set(body.idempotencyKey, row);
    const name = `${row.ordinal} ${row.kind}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if ((last.get(row.ordinal)?.step ?? 0) < row.step) last.set(row.ordinal, row);
    // seq is the order in which the chunk's receipts committed (I3): an epoch that comes after a higher one wrote as a zombie.
    // A resolution names none: what it may follow is judged by its result.
    const epoch = body.epoch ?? epochs.get(row.chunk) ?? 0;
    if (epoch < (epochs.get(row.chunk) ?? 0)) found.zombieReceipts.push(`${name} under epoch ${epoch}`);
    epochs.set(row.chunk, Math.max(epoch, epochs.get(row.chunk) ?? 0));
  }
  for (const [name, count] of counts) if (count > 1) found.repeatedReceipts.push(`${name}: ${count}`);

  const acted = new Map<number, number>();
  for (const line of lines.filter(({ effect }) => effect === true)) {
    const ordinal = ordinalOf(line);
    acted.set(ordinal, (acted.get(ordinal) ?? 0) + 1);
    const intent = intents.get(line.key ?? '');
    if (!intent || intent.ordinal !== ordinal) found.withoutIntent.push(`${ordinal}`);
    // The log's times end at the millisecond.
    else if (Date.parse(line.at) < Math.floor(intent.committedMs)) found.beforeCommit.push(`${ordinal}: ${line.at}`);
  }
  for (const [ordinal, count] of acted) if (count > 1) found.doubled.push(`${ordinal}: ${count} times`);
  for (const { ordinal, result } of last.values()) {
    const happened = acted.has(ordinal);
    if (result === 'succeeded' ? !happened : result !== 'uncertain' && result !== null && happened) {
      found.falseOutcomes.push(`${ordinal}: ${result}, ${happened ? 'acted on' : 'not acted on'}`);
    }
  }
  return found;
}

/** The items whose highest receipt says uncertain. */
export async function uncertainOf(pool: Pool, batchId: string): Promise<number[]> {
  const last = new Map<number, Row>();
  for (const row of await receiptsOf(pool, batchId))
    if ((last.get(row.ordinal)?.step ?? 0) < row.step) last.set(row.ordinal, row);
  return [...last.values()]
    .filter(({ result }) => result === 'uncertain')
    .map(({ ordinal }) => ordinal)
    .sort((a, b) => a - b);
}

/** Keys of the intents that were written under an epoch. */
export async function keysOfEpoch(pool: Pool, batchId: string, epoch: number): Promise<Set<string>> {
  const bodies = (await receiptsOf(pool, batchId)).map(({ body }) => JSON.parse(body) as Body);
  return new Set(bodies.filter((body) => body.epoch === epoch).flatMap(({ idempotencyKey }) => idempotencyKey ?? []));
}

/** The item that a request was about: every test's request carries its subject, "mail N". */
export function ordinalOf({ body }: TargetLine): number {
  return Number(/"mail (\d+)"/.exec(body)?.[1]);
}

async function receiptsOf(pool: Pool, batchId: string): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    `SELECT chunk, seq, ordinal, step, kind, result, convert_from(body, 'UTF8') AS body,
       (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::float8 AS "committedMs"
     FROM receipt WHERE batch_id = $1 AND ordinal IS NOT NULL ORDER BY chunk, seq`,
    [batchId],
  );
  return rows;
}
