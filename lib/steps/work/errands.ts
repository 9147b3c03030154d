/** What an agent does about errands: it takes one, holds on to it, and says what became of it. The worker that put it down writes its receipts. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { readErrand } from '#lib/connectors/agent/frozen.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_OVER } from '#lib/core/lifecycle.ts';
import { announce } from '#lib/engine/events.ts';
import {
  type ErrandGiven,
  type ErrandRecorded,
  errandAnswered,
  errandAsked,
  errandExtended,
  errandKey,
  type errandUntil,
} from '#lib/shapes/errands.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { answer, type Errand, extend, give, lockErrand, lockFree, lockTaker, readTaken } from '#lib/store/errands/errands.sql.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';

const asked = z.strictObject({ batchId: z.uuid(), asked: errandAsked });
const answered = z.strictObject({ batchId: z.uuid(), errand: errandKey, answered: errandAnswered });
const extended = z.strictObject({ batchId: z.uuid(), errand: errandKey, extended: errandExtended });

/**
 * Gives an agent an errand of the batch, or the one that it has and has not answered. Nobody else is given it, and it is not given again.
 *
 * @throws CountersignError `not_found`, `forbidden`
 */
export async function nextErrand(actor: Actor, raw: z.input<typeof asked>): Promise<ErrandGiven> {
  authorise(actor, 'work');
  const { batchId, asked: by } = readInput(asked, raw);
  const { pool } = db();
  const given = await inWrite(pool, 'next_errand', async (tx): Promise<ErrandGiven> => {
    const batch = await readBatchRow(tx, batchId);
    if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
    await lockTaker(tx, batchId, actor.id, by.worker);
    const taken = await readTaken(tx, batchId, actor.id, by.worker);
    if (taken) return toldOf(taken, taken.until);
    const free = await lockFree(tx, batchId);
    if (free === null) {
      const over = BATCH_OVER.includes(batch.state);
      const why = over
        ? `The batch is ${batch.state}.`
        : 'No errand waits now. Errands come when a person approves them; others may have those that there are.';
      return { given: null, over, why };
    }
    const { minutes } = requestOf(free);
    return toldOf(free, await give(tx, free, { by: actor.id, name: by.worker, minutes }));
  });
  if (given.given) announce(pool, batchId, { chunk: given.given.chunk, kind: 'state' });
  return given;
}

/**
 * Records what became of an errand, once: the same answer again is answered as before. An answer that comes when its outcome is on record as unknown is kept for whoever
 * is asked about that, and refused.
 *
 * @throws CountersignError `not_found`, `conflict` (another answer is recorded; it came too late), `forbidden` (another key has it)
 */
export async function answerErrand(actor: Actor, raw: z.input<typeof answered>): Promise<ErrandRecorded> {
  authorise(actor, 'work');
  const { batchId, errand: key, answered: said } = readInput(answered, raw);
  const { pool } = db();
  const { errand, already } = await inWrite(pool, 'answer_errand', async (tx) => {
    const errand = await ownErrand(tx, actor, batchId, key);
    const told = { answer: said.result, words: said.words, target: said.target ?? null };
    if (errand.answer === null) await answer(tx, errand, told);
    else if (errand.answer !== told.answer || errand.target !== told.target)
      throw new CountersignError(
        'conflict',
        `You said “${errand.answer}” of this errand before, and that is on record. Nothing was recorded now.`,
      );
    return { errand, already: errand.answer !== null };
  });
  // After its commit, for it is kept all the same.
  if (errand.closed === 'silent')
    throw new CountersignError(
      'conflict',
      'Your answer came too late: nobody knew what became of this errand, and a person is asked. It is kept for that person. Take the next errand.',
    );
  if (!already) announce(pool, batchId, { chunk: errand.chunk, kind: 'state' });
  return { recorded: !already, already };
}

/** Gives an agent more time, from now. Throws `conflict` when the errand is over, `not_found`, `forbidden`. */
export async function extendErrand(actor: Actor, raw: z.input<typeof extended>): Promise<z.infer<typeof errandUntil>> {
  authorise(actor, 'work');
  const { batchId, errand: key, extended: more } = readInput(extended, raw);
  return inWrite(db().pool, 'extend_errand', async (tx) => {
    const errand = await ownErrand(tx, actor, batchId, key);
    if (errand.answer !== null || errand.closed !== null)
      throw new CountersignError(
        'conflict',
        errand.answer !== null
          ? 'You answered this errand already. Take the next one.'
          : 'The time of this errand is over, and a person is asked what became of it. Say what you know with answer_errand: it is kept for that person.',
      );
    return { until: (await extend(tx, key, more.minutes)).toISOString() };
  });
}

/** Locked, of whoever asks. */
async function ownErrand(tx: Tx, actor: Actor, batchId: string, key: string): Promise<Errand> {
  const errand = await lockErrand(tx, batchId, key);
  if (!errand)
    throw new CountersignError(
      'not_found',
      'This batch has no such errand. Give it as next_errand gave it, or take the next one.',
    );
  if (errand.givenTo === actor.id) return errand;
  throw new CountersignError('forbidden', 'This key does not have that errand. Take one with next_errand.');
}

function requestOf({ ordinal, request }: Errand) {
  if (request === null)
    throw new CountersignError('conflict', `What was to be done with item ${ordinal} was erased. Nobody is given it.`);
  return readErrand(request);
}

function toldOf(errand: Errand, until: Date | null): ErrandGiven {
  const { instruction, fields } = requestOf(errand);
  const { key, chunk, ordinal, attempt } = errand;
  const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
  return {
    given: { errand: key, chunk, ordinal, attempt, instruction, fields: values, until: (until ?? new Date()).toISOString() },
    ...{ over: false, why: '' },
  };
}
