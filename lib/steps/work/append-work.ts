/** What an agent appends to the task of a chunk that its key classified: a note before the chunk's approval, and after it a receipt that attests. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { taskId } from '#lib/core/chunks/task-id.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_OVER, CHUNK_ATTESTABLE, CHUNK_NOTABLE } from '#lib/core/lifecycle.ts';
import { AGENT_APPENDS_PER_ITEM, AGENT_APPENDS_SPARE } from '#lib/core/limits.ts';
import { announce } from '#lib/engine/events.ts';
import { canonicalBytes, sha256 } from '#lib/ledger/canonical.ts';
import { type AttestationBody, sealReceipt } from '#lib/ledger/receipt.ts';
import { type Appended, appendAsked } from '#lib/shapes/supervision.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { finishBatch, settleBatch } from '#lib/store/actions/execution.sql.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { countAppends, insertAppend, isClassifiedBy, readAppend } from '#lib/store/chunks/appends.ts';
import { lockChunks, lockOver } from '#lib/store/chunks/chunks.sql.ts';
import { type ChunkRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { takeSequence } from '#lib/store/receipts/receipts.sql.ts';
import { commitTo, NO_STEP, storeReceipts } from '#lib/store/receipts/receipts.ts';
import { bodyOf } from './task-body.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: nameNumber, append: appendAsked });

/**
 * Appends a line. Whether it is a note or an attestation is the chunk's state's to say, and not the claim's: execution raises the epoch, and the agent that classified
 * still says what it did. Sent again it is recorded once. An attestation is no step of an action: nothing is counted as done by it.
 *
 * @throws CountersignError `conflict` (nothing can be appended in this state; the key was used for another line; too many), `invalid` (an item of another chunk), `not_found`, `forbidden` (another key classified it)
 */
export async function appendWork(actor: Actor, raw: z.input<typeof input>): Promise<Appended> {
  authorise(actor, 'work');
  const { batchId, chunk, append } = readInput(input, raw);
  const { pool } = db();
  const done = await inWrite(pool, 'append_work', async (tx) => {
    // A batch that is over gets a further closing receipt with what comes later, in one transaction. The batch is locked before its chunks.
    const wasOver = await lockOver(tx, batchId);
    const batch = await readBatchRow(tx, batchId);
    const [row] = batch ? await lockChunks(tx, batchId, [chunk]) : [];
    if (!batch || !row) throw new CountersignError('not_found', `This batch has no chunk ${chunk}.`);
    if (!(await isClassifiedBy(tx, row.id, actor.id)))
      throw new CountersignError(
        'forbidden',
        `This key classified nothing of chunk ${chunk}, so it appends nothing there: who did a chunk's work says what was done.`,
      );
    const as = kindIn(row);
    const { item = null, text } = append;
    await assertItem(tx, batchId, row, item);
    const named = { item, text, key: append.key };
    const key = keyOf(actor, row, as ?? 'attestation', named);
    const before =
      (await readAppend(tx, { batchId, chunk }, key)) ??
      // What takes no line any more may have taken this one as a note.
      (as === null ? await readAppend(tx, { batchId, chunk }, keyOf(actor, row, 'note', named)) : null);
    if (before) {
      if (before.ordinal !== item || (before.text !== null && before.text !== text))
        throw new CountersignError(
          'conflict',
          `The key “${append.key}” names another line of chunk ${chunk}. Nothing was recorded. Take a new key for a new line.`,
        );
      return {
        as: before.seq === null ? ('note' as const) : ('attestation' as const),
        seq: before.seq,
        already: true,
      };
    }
    if (as === null) throw takesNone(row);
    await assertRoom(tx, batchId, row);
    const seq = as === 'attestation' ? await attest(tx, actor, { batchId, row, item, text, key }) : null;
    await insertAppend(tx, { batchId, chunk }, { key, ordinal: item, seq, text: seq === null ? text : null, by: actor.id });
    if (wasOver) await finishBatch(tx, batchId);
    return { as, seq, already: false };
  });
  if (!done.already) {
    // One that came to its end meanwhile has a closing receipt that knows nothing of this.
    if (done.seq !== null && BATCH_OVER.includes((await readBatchRow(db(), batchId))?.state ?? 'running'))
      await settleBatch(pool, batchId);
    announce(pool, batchId, { chunk, kind: 'appended' });
  }
  const { notes, attestations, last } = await bodyOf({ batchId, chunk }, actor);
  return {
    ...{ recorded: !done.already, already: done.already, as: done.as, says: saysOf(done) },
    ...{
      receipt: done.seq === null ? null : `${chunk}-${done.seq}`,
      task: taskId(batchId, chunk),
      lines: notes + attestations,
      last,
    },
  };
}

function saysOf({ as, already }: { as: Appended['as']; already: boolean }): string {
  if (already) return 'Already recorded: nothing was appended now.';
  return as === 'note'
    ? 'Kept as a note of the scratchpad: the chunk is not approved yet, so nothing of it was done.'
    : 'Recorded as an attestation: a receipt of what you say, which counts as no action of ours.';
}

/** What a line is in this state; null where nothing is appended. */
function kindIn({ state, decisionId, haltedFrom }: ChunkRow): Appended['as'] | null {
  if (CHUNK_ATTESTABLE.includes(state)) return 'attestation';
  if (CHUNK_NOTABLE.includes(state)) return 'note';
  if (state === 'halted') return haltedFrom === 'executing' ? 'attestation' : 'note';
  return state === 'cancelled' && decisionId !== null ? 'attestation' : null;
}

function takesNone({ number, state }: ChunkRow): CountersignError {
  const message = `Chunk ${number} is ${chunkWords(state)}, and nobody approved it: nothing is appended to its task.`;
  return new CountersignError('conflict', message);
}

async function assertItem(tx: Tx, batchId: string, { id: chunkId, number }: ChunkRow, ordinal: number | null): Promise<void> {
  if (ordinal === null) return;
  const found = await tx.prisma.chunkItem.findFirst({ where: { batchId, ordinal, chunkId }, select: { ordinal: true } });
  if (!found) throw new CountersignError('invalid', `Item ${ordinal} is not in chunk ${number}. Nothing was recorded.`);
}

async function assertRoom(tx: Tx, batchId: string, { number: chunk, itemCount }: ChunkRow): Promise<void> {
  const most = itemCount * AGENT_APPENDS_PER_ITEM + AGENT_APPENDS_SPARE;
  const { notes, attestations } = await countAppends(tx, { batchId, chunk });
  if (notes + attestations < most) return;
  throw new CountersignError(
    'conflict',
    `The task of chunk ${chunk} has ${most} lines, the most that a chunk of ${itemCount} items takes. Nothing was recorded.`,
  );
}

/**
 * The duplicate key: of what the caller named, or of what it says, in this state and at this revision of the chunk's classifications. The epoch is no part of it: a
 * worker that claims the chunk in between would make a line that is sent again another one.
 */
function keyOf(
  actor: Actor,
  { revision }: ChunkRow,
  as: Appended['as'],
  { item, text, key }: { item: number | null; text: string; key: string | undefined },
): Buffer {
  return sha256(canonicalBytes(key === undefined ? { by: actor.id, as, revision, item, text } : { by: actor.id, key }));
}

/** I3 for agents: guarded by the chunk's state, under its row's lock. Gives the receipt's number. */
async function attest(
  tx: Tx,
  actor: Actor,
  { batchId, row, item, text, key }: { batchId: string; row: ChunkRow; item: number | null; text: string; key: Buffer },
): Promise<number> {
  const { id: chunkId, number: chunk, state } = row;
  const { epoch } = await tx.prisma.chunk.findUniqueOrThrow({ where: { id: chunkId }, select: { epoch: true } });
  const change = { from: [state], says: { attested: true as const } };
  const seq = (await takeSequence(tx, 1, change, [{ chunkId, revision: null }])).get(chunkId);
  if (seq === undefined) throw new Error(`Chunk ${chunk} is locked and changed its state.`);
  const { commitments, values } = commitTo({ text });
  const body: AttestationBody = {
    v: 1,
    kind: 'attestation',
    batch: batchId,
    chunk,
    item,
    key: key.toString('hex'),
    text: commitments.text ?? '',
    epoch,
    by: actor.id,
    at: new Date().toISOString(),
  };
  await storeReceipts(tx, batchId, [{ ...sealReceipt(body), ...NO_STEP, chunk, seq, kind: 'attestation', values }]);
  return seq;
}
