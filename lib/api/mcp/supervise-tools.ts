/** What an agent that supervises can call. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import {
  batchAsked,
  batchMade,
  batchStanding,
  checkpointAsked,
  checkpointTold,
  datasetAsked,
  datasetMade,
  previewAsked,
  previewTold,
  receiptsAsked,
  receiptsTold,
} from '#lib/shapes/supervision.ts';
import { awaitCheckpoint } from '#lib/steps/work/await-checkpoint.ts';
import { makeBatch, previewForAgent } from '#lib/steps/work/make-batch.ts';
import { makeDataset } from '#lib/steps/work/make-dataset.ts';
import { readStanding } from '#lib/steps/work/read-standing.ts';
import { readWorkReceipts } from '#lib/steps/work/read-work-receipts.ts';
import { madeOnce } from './made-once.ts';
import { type AddTool, batchId } from './tool.ts';

const ofBatch = { batch: batchId.describe('The id of the batch.') };

/** @param signal aborts when the caller is gone */
export function addSuperviseTools(add: AddTool, actor: Actor, signal: AbortSignal): void {
  add(
    'create_dataset',
    {
      verb: 'supervise',
      what: 'Make a dataset of a table: give a small file as text, or the id that an upload over REST was answered with. Gives its items and fields.',
      input: datasetAsked,
      output: datasetMade,
      ofNoBatch: true,
    },
    ({ key, ...asked }) => madeOnce(actor, { tool: 'create_dataset', key, asked }, () => makeDataset(actor, asked)),
  );
  add(
    'preview_batch',
    {
      verb: 'supervise',
      what: 'Try a plan on a dataset: how many chunks and items, what is asked, what is wrong with it. Writes nothing.',
      input: previewAsked,
      output: previewTold,
      reads: true,
      ofNoBatch: true,
    },
    (asked) => previewForAgent(actor, asked),
  );
  add(
    'create_batch',
    {
      verb: 'supervise',
      what: 'Make a batch of a dataset by a plan. It is started by a person, or with “start” where your key may. Gives its id, which your workers need.',
      input: batchAsked,
      output: batchMade,
      ofNoBatch: true,
    },
    ({ key, ...asked }) => madeOnce(actor, { tool: 'create_batch', key, asked }, () => makeBatch(actor, asked)),
  );
  add(
    'batch_status',
    {
      verb: 'supervise',
      what: 'How a batch stands: states, counts, who works on what since when, and the pages of what waits for a person.',
      input: z.strictObject(ofBatch),
      output: batchStanding,
      reads: true,
    },
    ({ batch: batchId }) => readStanding(actor, { batchId }),
  );
  add(
    'await_checkpoint',
    {
      verb: 'supervise',
      what: 'Wait until something of a batch waits for a person, or all is over; at most 25 seconds, then ask again with the cursor that you were given. Tell the person the pages; no tool approves anything.',
      input: z.strictObject({ ...ofBatch, ...checkpointAsked }),
      output: checkpointTold,
      reads: true,
    },
    ({ batch: batchId, ...asked }) => awaitCheckpoint(actor, { batchId, ...asked, signal }),
  );
  add(
    'get_receipts',
    {
      verb: 'supervise',
      what: 'The receipts of a batch in their order, a page at a time: what was decided, what was done with each item, and what agents attested.',
      input: z.strictObject({ ...ofBatch, ...receiptsAsked }),
      output: receiptsTold,
      reads: true,
    },
    ({ batch: batchId, ...asked }) => readWorkReceipts(actor, { batchId, ...asked }),
  );
}
