/** What an agent that works chunks can call. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { HAND_IN_CALL_BYTES_MAX } from '#lib/core/limits.ts';
import {
  errandAnswered,
  errandAsked,
  errandExtended,
  errandGiven,
  errandKey,
  errandRecorded,
  errandUntil,
} from '#lib/shapes/errands.ts';
import { appendAsked, appended } from '#lib/shapes/supervision.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import {
  handInAsked,
  handInMade,
  workAsked,
  workClaim,
  workCompleted,
  workDone,
  workExtended,
  workLease,
  workLeft,
  workReleased,
  workReport,
  workReported,
} from '#lib/shapes/work.ts';
import { appendWork } from '#lib/steps/work/append-work.ts';
import { claimWork } from '#lib/steps/work/claim-work.ts';
import { completeWork } from '#lib/steps/work/complete-work.ts';
import { answerErrand, extendErrand, nextErrand } from '#lib/steps/work/errands.ts';
import { handIn } from '#lib/steps/work/hand-in.ts';
import { extendWork, leaveWork } from '#lib/steps/work/leave-work.ts';
import { reportWork } from '#lib/steps/work/report-work.ts';
import { type AddTool, batchId } from './tool.ts';

const ofBatch = { batch: batchId.describe('The id of the batch that you were told to work on.') };
const ofErrand = { ...ofBatch, errand: errandKey };
const ofChunk = { ...ofBatch, chunk: nameNumber.describe('The number of the chunk, as claim_chunk gave it.') };

export function addWorkTools(add: AddTool, actor: Actor): void {
  add(
    'claim_chunk',
    {
      verb: 'work',
      what: 'Claim the next chunk of a batch. Gives the instruction, the categories and the first items. Asked again under the same name it gives the same chunk.',
      input: z.strictObject({ ...ofBatch, ...workAsked.shape }),
      output: workClaim,
    },
    ({ batch: batchId, ...asked }) => claimWork(actor, { batchId, asked }),
  );
  add(
    'extend_lease',
    {
      verb: 'work',
      what: 'Hold on to a chunk while you think for longer than its lease. Every other call renews it too.',
      input: z.strictObject({ ...ofChunk, ...workExtended.shape }),
      output: workLease,
    },
    ({ batch: batchId, chunk, ...extended }) => extendWork(actor, { batchId, chunk, extended }),
  );
  add(
    'report_items',
    {
      verb: 'work',
      what: 'Report what items are, each with its category and why. Gives the next items. A report that is sent again counts once; report few items at a time, for what is reported is kept.',
      input: z.strictObject({ ...ofChunk, ...workReport.shape }),
      output: workReported,
    },
    ({ batch: batchId, chunk, ...report }) => reportWork(actor, { batchId, chunk, report }),
  );
  add(
    'hand_in_commits',
    {
      verb: 'work',
      what: 'Hand in commits that you made of items of your chunk, in a checkout of your own, where the claim names a repository. Each commit changes the file of the one item that it names. The same bundle counts once; another one replaces what you handed in of the items that it names.',
      input: z.strictObject({ ...ofChunk, ...handInAsked.shape }),
      output: handInMade,
    },
    ({ batch: batchId, chunk, epoch, bundle }) =>
      handIn(actor, { batchId, chunk, epoch }, Readable.from([Buffer.from(bundle, 'base64')]), HAND_IN_CALL_BYTES_MAX),
  );
  add(
    'complete_chunk',
    {
      verb: 'work',
      what: 'Say that a chunk is classified. It waits for a person then. With “unsure”, what is left goes to a person with your reason.',
      input: z.strictObject({ ...ofChunk, ...workCompleted.shape }),
      output: workDone,
    },
    ({ batch: batchId, chunk, ...completed }) => completeWork(actor, { batchId, chunk, completed }),
  );
  add(
    'release_chunk',
    {
      verb: 'work',
      what: 'Give a chunk back, with the reason. What you reported is kept, and another agent goes on from there.',
      input: z.strictObject({ ...ofChunk, ...workReleased.shape }),
      output: workLeft,
    },
    ({ batch: batchId, chunk, ...released }) => leaveWork(actor, { batchId, chunk, released }),
  );
  add(
    'append_receipt',
    {
      verb: 'work',
      what: 'Append a line to the task of a chunk that your key classified. Before the chunk’s approval it is kept as a note; after it, as a receipt of what you say you did. A line that is sent again is recorded once.',
      input: z.strictObject({ ...ofChunk, ...appendAsked.shape }),
      output: appended,
    },
    ({ batch: batchId, chunk, ...append }) => appendWork(actor, { batchId, chunk, append }),
  );
  add(
    'next_errand',
    {
      verb: 'work',
      what: 'Take an errand: an action that a person approved, for you to carry out once. Asked again under the same name it is the same errand, until you answer it.',
      input: z.strictObject({ ...ofBatch, ...errandAsked.shape }),
      output: errandGiven,
    },
    ({ batch: batchId, ...asked }) => nextErrand(actor, { batchId, asked }),
  );
  add(
    'answer_errand',
    {
      verb: 'work',
      what: 'Say what became of an errand, as soon as you know. An answer that is sent again is recorded once; it can’t be changed.',
      input: z.strictObject({ ...ofErrand, ...errandAnswered.shape }),
      output: errandRecorded,
    },
    ({ batch: batchId, errand, ...answered }) => answerErrand(actor, { batchId, errand, answered }),
  );
  add(
    'extend_errand',
    {
      verb: 'work',
      what: 'Hold on to an errand that takes longer than its time.',
      input: z.strictObject({ ...ofErrand, ...errandExtended.shape }),
      output: errandUntil,
    },
    ({ batch: batchId, errand, ...extended }) => extendErrand(actor, { batchId, errand, extended }),
  );
}
