/** Begins an erasure: a value is looked for in every place, or all of a batch, a dataset or its originals is named. Nothing is erased before somebody confirms it. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ERASURES_OPEN_MAX } from '#lib/core/limits.ts';
import { type NewErasureInput, newErasure } from '#lib/shapes/erasure.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { countOpenErasures, insertErasure } from '#lib/store/erasure/erasures.ts';
import { readSubject } from '#lib/store/erasure/finds.sql.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

/**
 * A value is looked for by the workers, page by page; the rest can be confirmed at once.
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (too many are open)
 */
export async function lookFor(actor: Actor, raw: NewErasureInput): Promise<{ id: string }> {
  authorise(actor, 'erase');
  const { value, batch, dataset, original } = readInput(newErasure, raw);
  const subject = batch ?? dataset ?? original ?? null;
  const kind = value !== undefined ? 'value' : batch ? 'batch' : dataset ? 'dataset' : 'original';
  return inWrite(db().pool, 'look_for', async (tx) => {
    if ((await countOpenErasures(tx)) >= ERASURES_OPEN_MAX)
      throw new CountersignError(
        'conflict',
        `${ERASURES_OPEN_MAX} erasures wait to be confirmed. Confirm or withdraw one of them first.`,
      );
    if (subject !== null && !(await readSubject(tx, kind, subject)))
      throw new CountersignError('not_found', `There is no such ${kind === 'batch' ? 'batch' : 'dataset'}.`);
    const id = randomUUID();
    const salt = randomBytes(32);
    const about = subject === null ? null : `${kind === 'batch' ? 'batch' : 'dataset'}:${subject}`;
    const digest = createHash('sha256')
      .update(salt)
      .update(value ?? about ?? '')
      .digest();
    await insertErasure(tx, {
      ...{ id, kind, about, state: kind === 'value' ? 'looking' : 'found', wanted: value ?? null },
      ...{ salt: bytesOf(salt), digest: bytesOf(digest), askedBy: actor.id },
    });
    await recordSecurity(tx, { kind: 'erasure_looked', by: actor.id, about, facts: { erasure: id, of: kind, via: actor.via } });
    return { id };
  });
}
