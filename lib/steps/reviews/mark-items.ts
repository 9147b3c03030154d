/** A person's marks on the items of a chunk: this one was looked at, and is right where it is. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { isDecided } from '#lib/core/checkpoints/decided.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { KEYS } from '#lib/core/people/key-actor.ts';
import { announce } from '#lib/engine/events.ts';
import { type Reviewed, reviewsGiven } from '#lib/shapes/evidence.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { readEvidence } from '#lib/steps/checkpoints/read-evidence.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import { type ChunkRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { readCategoriesOf } from '#lib/store/chunks/classifications.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { addMarks, type NewMark, readVerdicts, type Standing } from '#lib/store/reviews/reviews.sql.ts';
import { readMarksNamed } from './marks-named.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: nameNumber, reviews: reviewsGiven });

export type MarkInput = z.input<typeof input>;
/**
 * Marks items as right in the category that they are in, or takes the mark back. A mark changes no category and no revision. It is taken while the chunk is in
 * review, and from its decision on without an end: what an auditor looks at later counts too. On a decided chunk an item can be marked as wrong, for nobody can
 * correct it there any more. An item that somebody moved out of the category that was looked at is not marked, and is named in `moved`.
 *
 * @throws CountersignError `invalid` (an item of another chunk, wrong before the decision), `conflict` (the chunk is neither in review nor decided), `not_found`.
 */
export async function markItems(actor: Actor, raw: MarkInput): Promise<Reviewed> {
  authorise(actor, 'mark');
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw new CountersignError('invalid', `The marks can't be read: ${problems[0]?.message}`, { problems });
  }
  const { batchId, chunk: number, reviews } = read.data;
  const { pool } = db();
  const marked = await inWrite(pool, 'mark', async (tx) => {
    // The lock of corrections and decisions: what is marked is in the category that it is marked in, and of two equal marks one is stored.
    const [row] = await lockChunks(tx, batchId, [number]);
    if (!row) throw new CountersignError('not_found', 'There is no such chunk.');
    assertMarkable(row, reviews);
    const ordinals = reviews.map(({ ordinal }) => ordinal);
    const now = await readCategoriesOf(tx, { batchId, chunkId: row.id }, ordinals);
    const stranger = ordinals.find((ordinal) => !now.has(ordinal));
    if (stranger !== undefined)
      throw new CountersignError('invalid', `Item ${stranger} is not in chunk ${number}. Nothing was marked.`);
    const isMoved = ({ ordinal, category }: Asked[number]) => category !== undefined && category !== now.get(ordinal)?.category;
    const stands = await readVerdicts(tx, batchId, ordinals);
    const added = reviews.flatMap((one): NewMark[] => {
      const { ordinal, right } = one;
      const verdict = VERDICT_OF.get(right) ?? 'withdrawn';
      const standing = stands.get(ordinal);
      const same = (standing?.verdict ?? 'withdrawn') === verdict && !isLookAfter(actor, standing);
      return same || isMoved(one) ? [] : [{ ordinal, category: now.get(ordinal)?.category ?? '', verdict }];
    });
    await addMarks(tx, batchId, added, actor.id);
    const moved = reviews.filter(isMoved).map(({ ordinal }) => ({ ordinal, category: now.get(ordinal)?.category ?? '' }));
    return { marked: added.length, moved, row };
  });
  const { row, ...told } = marked;
  if (told.marked > 0) announce(pool, batchId, { chunk: number, kind: 'marked' });
  const ordinals = reviews.map(({ ordinal }) => ordinal);
  const marks = [...(await readMarksNamed(db(), batchId, ordinals))].map(([ordinal, mark]) => ({ ordinal, ...mark }));
  const batch = await readBatchRow(db(), batchId);
  return { ...told, marks, evidence: batch && (await readEvidence(db(), batch, row)) };
}

type Asked = z.output<typeof reviewsGiven>;

/** A key's mark is no look: of two that say the same, a person's is stored behind it. */
function isLookAfter({ id }: Actor, standing: Standing | undefined): boolean {
  return standing !== undefined && standing.verdict !== 'withdrawn' && standing.by.startsWith(KEYS) && !id.startsWith(KEYS);
}

const VERDICT_OF = new Map([
  [true, 'right'],
  [false, 'wrong'],
] as const) as ReadonlyMap<boolean | null, NewMark['verdict']>;

function assertMarkable(row: ChunkRow, reviews: Asked): void {
  const { number, state } = row;
  if (isDecided(row)) return;
  if (!CHUNK_IN_REVIEW.includes(state))
    throw new CountersignError(
      'conflict',
      `Chunk ${number} is ${chunkWords(state)}. Its items can be marked while it awaits review, and after its decision. Nothing was marked.`,
    );
  const wrong = reviews.find(({ right }) => right === false);
  if (!wrong) return;
  throw new CountersignError(
    'invalid',
    `Chunk ${number} is not decided yet. Move item ${wrong.ordinal} to the category where it belongs: that says that it was wrong. Nothing was marked.`,
  );
}
