/** The verbs of agents: chunks and errands, claimed, reported, completed. */
import { z } from 'zod';
import { write } from '#lib/api/transport.ts';
import { AGENT_WAIT_SECONDS_MAX } from '#lib/core/limits.ts';
import { errandAnswered, errandAsked, errandExtended, errandGiven, errandRecorded, errandUntil } from '#lib/shapes/errands.ts';
import { appendAsked, appended, batchStanding, checkpointAsked, checkpointTold } from '#lib/shapes/supervision.ts';
import {
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
import { get, named, ofChunk, ofErrand, post } from './parts.ts';

export const workPaths = {
  work: {
    claim: post(
      '/batches/{id}/work/claim',
      'Claim a chunk to classify, as an agent',
      'Gives the instruction and the first items. The claim ends with its lease, which every call renews.',
    )
      .input(write(named, workAsked))
      .output(workClaim),
    report: post(
      '/batches/{id}/chunks/{n}/work/report',
      'Report what items are, as an agent',
      'A report that is sent again is recorded once. Gives the next items.',
    )
      .input(write(ofChunk, workReport))
      .output(workReported),
    extend: post('/batches/{id}/chunks/{n}/work/extend', 'Hold on to a chunk, as an agent')
      .input(write(ofChunk, workExtended))
      .output(workLease),
    complete: post(
      '/batches/{id}/chunks/{n}/work/complete',
      'Complete a chunk, as an agent',
      'It waits for a person then: no call of an agent approves anything.',
    )
      .input(write(ofChunk, workCompleted))
      .output(workDone),
    release: post('/batches/{id}/chunks/{n}/work/release', 'Give a chunk back, as an agent')
      .input(write(ofChunk, workReleased))
      .output(workLeft),
    append: post(
      '/batches/{id}/chunks/{n}/work/append',
      'Append to a chunk’s task, as an agent',
      'Before the chunk’s approval the line is a note of its scratchpad; after it, a receipt that attests. A line that is sent again is recorded once.',
    )
      .input(write(ofChunk, appendAsked))
      .output(appended),
    errand: post(
      '/batches/{id}/work/errands/next',
      'Take an errand, as an agent',
      'An action that a person approved, for one agent to carry out. Asked again under the same name it is the same errand, until it is answered.',
    )
      .input(write(named, errandAsked))
      .output(errandGiven),
    answerErrand: post(
      '/batches/{id}/work/errands/{errand}/answer',
      'Say what became of an errand, as an agent',
      'The same answer again is answered as before; another one is refused with `conflict`, and so is one that comes when its outcome is on record as unknown.',
    )
      .input(write(ofErrand, errandAnswered))
      .output(errandRecorded),
    extendErrand: post('/batches/{id}/work/errands/{errand}/extend', 'Hold on to an errand, as an agent')
      .input(write(ofErrand, errandExtended))
      .output(errandUntil),
    standing: get(
      '/batches/{id}/work',
      'Read how a batch stands, as an agent',
      'States, counts, who works on what, and the pages of what waits for a person.',
    )
      .input(z.strictObject(named))
      .output(batchStanding),
    checkpoint: get(
      '/batches/{id}/work/checkpoint',
      'Wait for a checkpoint, as an agent',
      'Answers as soon as something waits for a person that the cursor does not know of, or all is over; else when the time is up.',
    )
      .input(
        z.strictObject({
          ...named,
          ...checkpointAsked,
          waitSeconds: z.coerce.number<number>().int().min(0).max(AGENT_WAIT_SECONDS_MAX).optional(),
        }),
      )
      .output(checkpointTold),
  },
};
