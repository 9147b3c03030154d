/** Lets an erasure go on: from here it can't be taken back. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ERASURE_FINDS_MAX } from '#lib/core/limits.ts';
import { erasureConfirmed } from '#lib/shapes/erasure.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { countFinds, moveErasure, readStoredErasure } from '#lib/store/erasure/erasures.ts';
import { holdChosen, readMovedOn, readRefusing, readSubject } from '#lib/store/erasure/finds.sql.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { countOf, subjectOf } from './read-erasure.ts';

const input = erasureConfirmed.extend({ id: z.uuid() });

/**
 * The workers erase it, page by page. No batch that would send or ask with it can be made, started or retried from here on.
 * @throws CountersignError `forbidden`, `invalid` (the reason has the value in it), `not_found`, `stale` (the number is another one, or a batch went on since), `conflict` (an unfinished batch
 *   would use it, tasks are open, it was found in too much, or it was confirmed already)
 */
export async function confirmErasure(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string }> {
  authorise(actor, 'erase');
  const { id, count, reason } = readInput(input, raw);
  return inWrite(db().pool, 'confirm_erasure', (tx) => letGoOn(tx, { id, count, reason }, actor));
}

/** As a person confirms it, or as retention does, which counts nothing: `count` null. Under the locks of whoever makes, starts or retries a batch. */
export async function letGoOn(
  tx: Tx,
  { id, count, reason }: { id: string; count: number | null; reason: string },
  by: { id: string; via: string },
): Promise<{ id: string }> {
  const stored = await readStoredErasure(tx, id);
  if (!stored) throw new CountersignError('not_found', 'There is no such erasure.');
  if (stored.state === 'looking')
    throw new CountersignError('conflict', 'It is still being looked for. Wait until all places were looked at.');
  if (stored.state !== 'found') throw new CountersignError('conflict', `This erasure is ${stored.state} already.`);
  if (stored.wanted !== null && reason.toLowerCase().includes(stored.wanted.toLowerCase()))
    throw new CountersignError('invalid', 'The reason has the value in it, and the reason is kept. Say it without the value.', {
      problems: [{ path: 'reason', message: 'The value must not be in it.' }],
    });
  const about = subjectOf(stored);
  await holdChosen(tx, id, about);
  const finds = await countFinds(tx, id);
  const subject = about.subject === null ? null : await readSubject(tx, stored.kind, about.subject);
  const found = [...finds.values()].reduce((sum, one) => sum + one.found, 0);
  if (found >= ERASURE_FINDS_MAX)
    throw new CountersignError(
      'conflict',
      `It stands in more than ${ERASURE_FINDS_MAX.toLocaleString('en')} rows. Look for more of the value.`,
    );
  const [unfinished, ...others] = await readRefusing(tx, { id, batchId: about.batchId, datasetId: about.datasetId });
  if (unfinished)
    throw new CountersignError(
      'conflict',
      `“${unfinished.name}” is ${unfinished.state} and would send or ask with it${others.length > 0 ? `, and ${others.length} more` : ''}. Finish or cancel it first. Nothing was erased.`,
      { facts: { batchId: unfinished.id } },
    );
  const moved = await readMovedOn(tx, id);
  if (moved)
    throw new CountersignError(
      'stale',
      `“${moved.name}” went on after it was looked for, and what it wrote since was not looked at. Withdraw this, and look again. Nothing was erased.`,
      {
        facts: { batchId: moved.id },
      },
    );
  if ((subject?.openTasks ?? 0) > 0)
    throw new CountersignError(
      'conflict',
      `${subject?.openTasks} follow-up tasks of “${subject?.name}” are open. Finish them first. Nothing was erased.`,
    );
  const counted = countOf(stored, finds, subject);
  if (count !== null && counted !== count)
    throw new CountersignError(
      'stale',
      `It is ${counted.toLocaleString('en')} by now, and not ${count.toLocaleString('en')}. Look again. Nothing was erased.`,
      {
        facts: { count: counted },
      },
    );
  if (counted === 0 && stored.kind === 'value') throw new CountersignError('invalid', 'Nothing is chosen, so nothing is erased.');
  if (!(await moveErasure(tx, id, ['found'], { state: 'erasing', reason, confirmedBy: by.id })))
    throw new CountersignError('conflict', 'Somebody else confirmed or withdrew it just now.');
  const places = [...finds].filter(([, one]) => one.chosen > 0).map(([place, one]) => `${place} ${one.chosen}`);
  await recordSecurity(tx, {
    ...{ kind: 'erasure_confirmed', by: by.id, about: stored.about },
    facts: { erasure: id, of: stored.kind, count: counted, ...(places.length > 0 && { places }), reason, via: by.via },
  });
  return { id };
}
