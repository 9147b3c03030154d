/**
 * Numbers all receipts, and writes those of workers (those of people: receipts.ts). Every transaction here begins with one guarded UPDATE of the chunk
 * row that fences (epoch), counts and numbers at once (I3); zero rows mean that somebody else owns the chunk or it is being stopped, and nothing was
 * written. The batch row is never touched. A worker's fence and its receipts are one statement, over arrays: Prisma would need two, and a round trip more.
 */
import type { ChunkState, ChunkTransition } from '#lib/core/lifecycle.ts';
import type { OutcomeResult, ResolutionResult, SealedReceipt } from '#lib/ledger/receipt.ts';
import type { Claim } from '#lib/store/chunks/claims.sql.ts';
import { byteaArray } from '#lib/store/postgres/bytea-array.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export type PersonalValue = { field: string; salt: Buffer; value: string };

/** Under this name the value of an outcome is what its target answered. The values of intents are fields of items, which may have any name. */
export const ANSWER_FIELD = 'answer';

export type IntentRow = SealedReceipt & {
  ordinal: number;
  step: number;
  values: PersonalValue[];
  /** what the action was: null for planned, else the state that this attempt leaves */
  from: 'failed' | 'not_executed' | null;
};

export type OutcomeRow = SealedReceipt & {
  ordinal: number;
  step: number;
  /** what is skipped was never an intent */
  result: Exclude<OutcomeResult, 'skipped'>;
  /** what the target answered, where it is kept */
  values: PersonalValue[];
};

/** I1, I3: stores intents as one statement. False: the fence refused, nothing was written and nothing may be sent. */
export async function insertIntents(client: Querying, claim: Claim, rows: IntentRow[]): Promise<boolean> {
  const values = valuesOf(rows);
  const common = [
    ...[claim.chunkId, claim.epoch, rows.length, left(rows, 'failed'), left(rows, 'not_executed'), claim.batchId, claim.number],
    ...columns(rows),
  ];
  const { rowCount } =
    values === null
      ? await client.query({ name: 'insert-intents', text: INSERT_INTENTS, values: common })
      : await client.query({ name: 'insert-intents-values', text: INSERT_INTENTS_VALUES, values: [...common, ...values] });
  return rowCount !== null && rowCount > 0;
}

/** I3: stores outcomes as one statement, also while the chunk is being stopped. False: the fence refused, nothing was written. */
export async function insertOutcomes(client: Querying, claim: Claim, rows: OutcomeRow[]): Promise<boolean> {
  const values = valuesOf(rows);
  const common = [
    ...[claim.chunkId, claim.epoch, rows.length, ended(rows, 'succeeded'), ended(rows, 'failed'), ended(rows, 'uncertain')],
    ...[claim.batchId, claim.number, ...columns(rows), rows.map((row) => row.result)],
  ];
  const { rowCount } =
    values === null
      ? await client.query({ name: 'insert-outcomes', text: INSERT_OUTCOMES, values: common })
      : await client.query({ name: 'insert-outcomes-values', text: INSERT_OUTCOMES_VALUES, values: [...common, ...values] });
  return rowCount !== null && rowCount > 0;
}

/**
 * I1, I3: stores outcomes, and intents after them, as one statement. `stopping`: the outcomes were stored and the intents were not, for the chunk is
 * being stopped. `lost`: nothing was written.
 */
export async function insertOutcomesAndIntents(
  client: Querying,
  claim: Claim,
  outcomes: OutcomeRow[],
  intents: IntentRow[],
): Promise<'stored' | 'stopping' | 'lost'> {
  const values = valuesOf(outcomes);
  const common = [
    ...[claim.chunkId, claim.epoch, claim.batchId, claim.number],
    ...[outcomes.length, ended(outcomes, 'succeeded'), ended(outcomes, 'failed'), ended(outcomes, 'uncertain')],
    ...[...columns(outcomes), outcomes.map((row) => row.result)],
    ...[intents.length, left(intents, 'failed'), left(intents, 'not_executed')],
    ...columns(intents),
    ...(valuesOf(intents) ?? [[], [], byteaArray([]), []]),
  ];
  const { rows } = await client.query<{ going: boolean }>(
    values === null
      ? { name: 'insert-outcomes-and-intents', text: INSERT_OUTCOMES_AND_INTENTS, values: common }
      : { name: 'insert-outcomes-values-and-intents', text: INSERT_OUTCOMES_VALUES_AND_INTENTS, values: [...common, ...values] },
  );
  if (!rows[0]) return 'lost';
  return rows[0].going ? 'stored' : 'stopping';
}

/** What an inspection settled an uncertain action as. */
export type Settled = SealedReceipt & { result: 'succeeded' | 'not_executed' };

/** I3: a worker's inspection settles what was uncertain: uncertain -> succeeded or not executed, also while the chunk is being stopped. False: the fence refused. */
export async function insertResolution(
  client: Querying,
  claim: Claim,
  row: Settled & { ordinal: number; step: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `WITH fence AS (
       UPDATE chunk SET seq = seq + 1, uncertain = uncertain - 1, done = done + ($9::text = 'succeeded')::int,
         not_executed = not_executed + ($9::text = 'not_executed')::int, updated_at = clock_timestamp()
       WHERE id = $1 AND epoch = $2 AND state = 'executing' RETURNING seq)
     INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
     SELECT $3, $4, fence.seq, $5, $6, 'resolution', $9, $7, $8 FROM fence`,
    [claim.chunkId, claim.epoch, claim.batchId, claim.number, row.ordinal, row.step, row.body, row.leaf, row.result],
  );
  return rowCount === 1;
}

export type GuardedChange = {
  /** the states the chunks may be in, from the lifecycle table */
  from: readonly ChunkState[];
  /** what else it changes in them */
  says: Decision | Answer | Correction | Attestation;
};

/** `revision`: null where the receipt does not depend on the answers (an uncertain action's answer). */
export type GuardedChunk = { chunkId: string; revision: number | null };

/** A decision at checkpoints: the transition that it is (null: the chunks stay as they are), and whether the next chunk may go on. */
type Decision = { decided: DecidedTransition | null; continued: boolean; note?: string | null | undefined };
/** A person's answer to as many uncertain actions as numbers are taken. */
type Answer = { answered: ResolutionResult };
/** A person moved so many items to other categories: what was built of the classifications before no longer holds (I5). */
type Correction = { corrected: number };
/** An agent's words: nothing of the chunk changes. */
type Attestation = { attested: true };

/**
 * I3 for people: takes the next `count` numbers of each chunk's sequence and changes the chunk in the same statement, guarded by state and revision
 * instead of the epoch. Gives the last number taken, by the chunks' ids; a chunk that moved meanwhile is not among them. The caller has locked the
 * chunks, in the order of their numbers.
 */
export async function takeSequence(
  client: Querying,
  count: number,
  change: GuardedChange,
  chunks: readonly GuardedChunk[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; seq: number }>(
    `UPDATE chunk SET seq = seq + $2, updated_at = clock_timestamp()${changesOf(change.says, count)}
     FROM unnest($1::uuid[], $4::int[]) AS guard(chunk_id, at_revision)
     WHERE id = chunk_id AND state = ANY($3) AND (at_revision IS NULL OR revision = at_revision)
     RETURNING id, seq`,
    [
      ...[chunks.map(({ chunkId }) => chunkId), count, change.from, chunks.map(({ revision }) => revision)],
      ...notesOf(change.says),
    ],
  );
  return new Map(rows.map(({ id, seq }) => [id, seq]));
}

/** What each decision sets, by its transition. */
const DECIDED = {
  approve: ", state = 'approved', note = NULL",
  approve_first_of_two: ", state = 'awaiting_second', note = NULL",
  refuse_second: ", state = 'awaiting_review', note = $5",
  send_back: ", state = 'queued', revision = revision + 1, manifest_digest = NULL, reviewed = false, note = $5",
  close: ", state = 'closed'",
  release: ", state = CASE state WHEN 'awaiting_release' THEN 'executing' ELSE state END, released = true",
} as const satisfies Partial<Record<ChunkTransition, string>>;
export type DecidedTransition = keyof typeof DECIDED;

function changesOf(says: GuardedChange['says'], count: number): string {
  if ('corrected' in says)
    return `, revision = revision + 1, corrected = corrected + ${Math.trunc(says.corrected)}, manifest_digest = NULL`;
  if ('decided' in says)
    return `${says.decided === null ? ', reviewed = true' : DECIDED[says.decided]}${says.continued ? ', continued = true' : ''}`;
  if ('attested' in says) return '';
  // Abandoned stays in the sum's "uncertain": nobody will ever know.
  if (says.answered === 'abandoned') return '';
  const column = says.answered === 'succeeded' ? 'done' : 'not_executed';
  return `, uncertain = uncertain - ${Math.trunc(count)}, ${column} = ${column} + ${Math.trunc(count)}`;
}

/** The note is a parameter where the decision sets one, and nowhere else. */
function notesOf(says: GuardedChange['says']): unknown[] {
  return 'decided' in says && (says.decided === 'refuse_second' || says.decided === 'send_back') ? [says.note] : [];
}

/** Which of these receipts are stored, to the byte: what a lost COMMIT acknowledgement left open (I1). */
export async function storedLeaves(
  client: Querying,
  batchId: string,
  rows: { ordinal: number; step: number }[],
): Promise<Buffer[]> {
  const found = await client.query<{ leaf: Buffer }>(
    `SELECT leaf FROM receipt JOIN unnest($2::int[], $3::int[]) AS asked(ordinal, step) USING (ordinal, step) WHERE batch_id = $1`,
    [batchId, rows.map((row) => row.ordinal), rows.map((row) => row.step)],
  );
  return found.rows.map((row) => row.leaf);
}

const ended = (rows: OutcomeRow[], result: OutcomeRow['result']): number =>
  rows.reduce((sum, row) => sum + Number(row.result === result), 0);

const left = (rows: IntentRow[], from: IntentRow['from']): number =>
  rows.reduce((sum, row) => sum + Number(row.from === from), 0);

/** The personal values as columns, each with the place of its receipt; null when there are none. */
function valuesOf(rows: readonly { values: PersonalValue[] }[]): unknown[] | null {
  const [at, fields, salts, values]: [number[], string[], Buffer[], string[]] = [[], [], [], []];
  rows.forEach((row, index) => {
    for (const value of row.values) {
      at.push(index + 1);
      fields.push(value.field);
      salts.push(value.salt);
      values.push(value.value);
    }
  });
  return at.length === 0 ? null : [at, fields, byteaArray(salts), values];
}

function columns(rows: (SealedReceipt & { ordinal: number; step: number })[]): unknown[] {
  return [
    rows.map((row) => row.ordinal),
    rows.map((row) => row.step),
    byteaArray(rows.map((row) => row.body)),
    byteaArray(rows.map((row) => row.leaf)),
  ];
}

const INTENTS = `
fence AS (
  UPDATE chunk SET seq = seq + $3, in_flight = in_flight + $3, failed = failed - $4, not_executed = not_executed - $5,
    updated_at = clock_timestamp()
  WHERE id = $1 AND epoch = $2 AND state = 'executing' AND stopping IS NULL
  RETURNING seq
)`;

const INSERTED_INTENTS = `
INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, body, leaf)
SELECT $6, $7, fence.seq - $3 + r.i, r.ordinal, r.step, 'intent', r.body, r.leaf
FROM fence, unnest($8::int[], $9::int[], $10::bytea[], $11::bytea[]) WITH ORDINALITY AS r(ordinal, step, body, leaf, i)`;

const INSERT_INTENTS = `WITH ${INTENTS} ${INSERTED_INTENTS}`;

const INSERT_INTENTS_VALUES = `WITH ${INTENTS}, personal AS (
  INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value)
  SELECT $6, $7, fence.seq - $3 + v.i, v.field, v.salt, v.value
  FROM fence, unnest($12::int[], $13::text[], $14::bytea[], $15::text[]) AS v(i, field, salt, value)
) ${INSERTED_INTENTS}`;

const OUTCOMES = `
fence AS (
  UPDATE chunk SET seq = seq + $3, in_flight = in_flight - $3, done = done + $4, failed = failed + $5, uncertain = uncertain + $6,
    updated_at = clock_timestamp()
  WHERE id = $1 AND epoch = $2 AND state = 'executing'
  RETURNING seq
)`;

const INSERTED_OUTCOMES = `
INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
SELECT $7, $8, fence.seq - $3 + r.i, r.ordinal, r.step, 'outcome', r.result, r.body, r.leaf
FROM fence, unnest($9::int[], $10::int[], $11::bytea[], $12::bytea[], $13::text[]) WITH ORDINALITY
  AS r(ordinal, step, body, leaf, result, i)`;

const INSERT_OUTCOMES = `WITH ${OUTCOMES} ${INSERTED_OUTCOMES}`;

const INSERT_OUTCOMES_VALUES = `WITH ${OUTCOMES}, personal AS (
  INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value)
  SELECT $7, $8, fence.seq - $3 + v.i, v.field, v.salt, v.value
  FROM fence, unnest($14::int[], $15::text[], $16::bytea[], $17::text[]) AS v(i, field, salt, value)
) ${INSERTED_OUTCOMES}`;

/** While nobody stops the chunk; the new row still says so. */
const GOING = 'stopping IS NULL';

/** The outcomes of what was sent are due in any case, the intents only while nobody stops the chunk, as in a statement of their own. */
const insertOutcomesAndIntentsText = (answers: string): string => `
WITH fence AS (
  UPDATE chunk SET
    seq = seq + $5::int + CASE WHEN ${GOING} THEN $14::int ELSE 0 END,
    in_flight = in_flight - $5::int + CASE WHEN ${GOING} THEN $14::int ELSE 0 END,
    done = done + $6::int,
    failed = failed + $7::int - CASE WHEN ${GOING} THEN $15::int ELSE 0 END,
    uncertain = uncertain + $8::int,
    not_executed = not_executed - CASE WHEN ${GOING} THEN $16::int ELSE 0 END,
    updated_at = clock_timestamp()
  WHERE id = $1 AND epoch = $2 AND state = 'executing'
  RETURNING seq, ${GOING} AS going, seq - CASE WHEN ${GOING} THEN $14::int ELSE 0 END AS seq_of_outcomes
), outcome AS (
  INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
  SELECT $3, $4, fence.seq_of_outcomes - $5::int + r.i, r.ordinal, r.step, 'outcome', r.result, r.body, r.leaf
  FROM fence, unnest($9::int[], $10::int[], $11::bytea[], $12::bytea[], $13::text[]) WITH ORDINALITY
    AS r(ordinal, step, body, leaf, result, i)
)${answers}, personal AS (
  INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value)
  SELECT $3, $4, fence.seq - $14::int + v.i, v.field, v.salt, v.value
  FROM fence, unnest($21::int[], $22::text[], $23::bytea[], $24::text[]) AS v(i, field, salt, value) WHERE fence.going
), intent AS (
  INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, body, leaf)
  SELECT $3, $4, fence.seq - $14::int + r.i, r.ordinal, r.step, 'intent', r.body, r.leaf
  FROM fence, unnest($17::int[], $18::int[], $19::bytea[], $20::bytea[]) WITH ORDINALITY AS r(ordinal, step, body, leaf, i)
  WHERE fence.going
)
SELECT going FROM fence`;

const ANSWERS = `, answer AS (
  INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value)
  SELECT $3, $4, fence.seq_of_outcomes - $5::int + v.i, v.field, v.salt, v.value
  FROM fence, unnest($25::int[], $26::text[], $27::bytea[], $28::text[]) AS v(i, field, salt, value)
)`;

const INSERT_OUTCOMES_AND_INTENTS = insertOutcomesAndIntentsText('');
const INSERT_OUTCOMES_VALUES_AND_INTENTS = insertOutcomesAndIntentsText(ANSWERS);
