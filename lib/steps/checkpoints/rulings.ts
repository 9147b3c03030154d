/** What an answer means for one chunk, by its state, and why it is refused. */
import { type NotSigner, needsTwo } from '#lib/core/checkpoints/signatures.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_IN_REVIEW, CHUNK_RELEASABLE, CHUNK_UNCLASSIFIED, chunkMay } from '#lib/core/lifecycle.ts';
import type { GivenAnswers } from '#lib/shapes/checkpoints.ts';
import type { Signature } from '#lib/store/checkpoints/decisions.sql.ts';
import type { BatchRow, ChunkRow } from '#lib/store/chunks/chunks.ts';
import type { Change } from '#lib/store/chunks/classifications.sql.ts';
import type { DecidedTransition } from '#lib/store/receipts/receipts.sql.ts';
import { refusalOfSigner } from './signers.ts';

/** What becomes of the chunk: each moves by its own state. Null: it stays as it is. */
export function transitionOf({ plan }: BatchRow, { state }: ChunkRow, answers: GivenAnswers): DecidedTransition | null {
  const signed = state === 'awaiting_second';
  if (answers.execute) return needsTwo(plan) && !signed ? 'approve_first_of_two' : 'approve';
  if (answers.sendBack) return signed ? 'refuse_second' : 'send_back';
  if (answers.close) return 'close';
  return answers.release ? 'release' : null;
}

/** Whether it is decided by its classifications as they are now, and not by what was approved of it before. */
export function isOfClassifications({ row, transition }: { row: ChunkRow; transition: DecidedTransition | null }): boolean {
  return transition !== 'release' && CHUNK_IN_REVIEW.includes(row.state);
}

/** Whether the rest of its approval is still to be let go. */
export function isReleasable({ state, released }: ChunkRow): boolean {
  return CHUNK_RELEASABLE.includes(state) && !released;
}

/** Why a chunk in such a state can't be decided so; null where it can. */
export function refusalOfState(batch: BatchRow, row: ChunkRow, transition: DecidedTransition | null): CountersignError | null {
  const { number, state } = row;
  if (transition === 'release') {
    if (!isReleasable(row))
      return new CountersignError('conflict', `Chunk ${number} has nothing to release: it is “${chunkWords(state)}”.`);
    if (batch.state !== 'paused') return null;
    return new CountersignError('conflict', 'The batch is paused. Resume it, then release the rest.');
  }
  if (transition === null ? !CHUNK_UNCLASSIFIED.includes(state) : chunkMay(transition, state)) return null;
  return new CountersignError(
    'conflict',
    state === 'awaiting_second'
      ? `Chunk ${number} awaits a second signature. Sign it or refuse to sign (sendBack, with a note) before any other decision. Nothing was decided.`
      : `Chunk ${number} is now “${chunkWords(state)}”. Nothing was decided.`,
  );
}

/** Why the second signature is refused; null where it is somebody's who may sign after the first, and over the same manifest as the first. */
export function refusalOfSecond(
  { number, revision }: ChunkRow,
  { digest }: { digest: string },
  first: Signature | undefined,
  notYou: { why: NotSigner; firstName: string } | null,
): CountersignError | null {
  if (!first)
    return new CountersignError(
      'conflict',
      `The receipt of chunk ${number}'s first signature was altered. Refuse the second signature (sendBack, with a note), so that two people sign again. Nothing was decided.`,
    );
  if (notYou) return refusalOfSigner(notYou.why, number, notYou.firstName);
  if (first.manifest === digest && first.revision === revision) return null;
  return new CountersignError(
    'conflict',
    `Chunk ${number} is not what the first person signed. Refuse the second signature (sendBack, with a note), so that two people review and sign again. Nothing was decided.`,
  );
}

/** Of a release: what was looked at is not what was approved. */
export function refusalOfAnother({ number }: ChunkRow): CountersignError {
  return new CountersignError('stale', `Chunk ${number} was approved with another manifest than this one. Nothing was released.`);
}

/** Of a release: the first actions that it would be decided by are not done. */
export function refusalOfEarly(number: number): CountersignError {
  return new CountersignError(
    'conflict',
    `The first actions of this approval, in chunk ${number}, are not done yet. Look at their receipts, then release the rest. Nothing was released.`,
  );
}

/** What was looked at is not so any more; the changes since say what moved. */
export function refusalOfChange({ number, revision }: ChunkRow, changes: Change[]): CountersignError {
  const facts = { changes, revision, chunk: number };
  const last = changes.at(-1);
  if (!last) return new CountersignError('stale', `Chunk ${number} changed while you looked. Nothing was approved.`, { facts });
  const by = changes.filter((change) => change.name === last.name && change.to === last.to).length;
  const rest = changes.length - by;
  const what = `${last.name} moved ${by} ${by === 1 ? 'item' : 'items'} to ${last.to}${rest > 0 ? `, and ${rest} more moved,` : ''} while you looked.`;
  return new CountersignError('stale', `${what} Nothing was approved.`, { facts });
}
