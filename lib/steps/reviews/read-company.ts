/** Who else is at a checkpoint, whose it is, and what others did to it since somebody looked. */

import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { Company } from '#lib/shapes/evidence.ts';
import { readEvidence } from '#lib/steps/checkpoints/read-evidence.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { type Change, correctionsSince } from '#lib/store/chunks/classifications.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readMarkedSince } from '#lib/store/reviews/reviews.sql.ts';
import { readClaim } from '#lib/store/reviews/reviews.ts';
import { readVisitors } from '#lib/store/reviews/visits.sql.ts';
import { readMarksNamed } from './marks-named.ts';

type Input = {
  batchId: string;
  chunk: number;
  /** the revision that the asker knows; without it nothing that was moved is told */
  revision?: number | undefined;
  /** the last review that the asker knows of */
  after?: string | undefined;
};

const MARKS_TOLD_MAX = 1_000;
const REVIEW_ID = /^\d{1,18}$/;

/** Everybody but the asker. Null when there is no such chunk. Throws `invalid` for an `after` that this did not give. */
export async function readCompany(
  actor: Actor,
  { batchId, chunk: number, revision, after = '0' }: Input,
): Promise<Company | null> {
  authorise(actor, 'see');
  if (!REVIEW_ID.test(after)) throw new CountersignError('invalid', 'Give as “after” what the answer before this one gave.');
  if (!isId(batchId) || !isNumber(number)) return null;
  const { pool } = db();
  const [chunk] = await readChunksNow(pool, batchId, { number });
  const batch = chunk && (await readBatchRow(db(), batchId));
  if (!chunk || !batch) return null;
  const [visitors, claim, changes, marked] = await Promise.all([
    readVisitors(pool, chunk.id),
    CHUNK_IN_REVIEW.includes(chunk.state) ? readClaim(db(), chunk.id) : null,
    revision === undefined ? new Map<string, Change[]>() : correctionsSince(pool, [{ chunkId: chunk.id, revision }]),
    readMarkedSince(pool, { batchId, chunkId: chunk.id }, after, MARKS_TOLD_MAX),
  ]);
  const others = visitors.filter(({ by }) => by !== actor.id);
  const names = await readNames(db(), [...others.map(({ by }) => by), ...(claim ? [claim.by] : [])]);
  const ordinals = marked.map(({ ordinal }) => ordinal);
  const marks = await readMarksNamed(db(), batchId, ordinals);
  const since = (at: Date) => at.toISOString();
  return {
    here: others.map((one) => ({ id: one.by.slice('user:'.length), name: actorName(one.by, names), since: since(one.since) })),
    reviewer: claim && {
      ...{ id: claim.by, name: actorName(claim.by, names), since: since(claim.since), you: claim.by === actor.id },
    },
    moved: (changes.get(chunk.id) ?? [])
      .filter(({ by }) => by !== actor.id)
      .map(({ ordinal, from, to, name, at }) => ({ ordinal, from, to, by: name, at })),
    marks: ordinals.map((ordinal) => ({ ordinal, review: marks.get(ordinal) ?? null })),
    after: marked[0]?.id ?? after,
    evidence: await readEvidence(db(), batch, chunk),
  };
}
