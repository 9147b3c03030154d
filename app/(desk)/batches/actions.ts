'use server';

import { z } from 'zod';
import { action, outcome } from '#app/action-client.ts';
import { type CreateBatchInput, createBatch } from '#lib/steps/batches/create-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { acceptRest, cancel, pause, resume, retry, type Which } from '#lib/steps/batches/stop-and-go.ts';
import { type DecideInput, decide } from '#lib/steps/checkpoints/decide.ts';
import { resumeIncident } from '#lib/steps/fleet/resume-incident.ts';
import { type AnswerInput, answerDoubts } from '#lib/steps/uncertain/answer-doubts.ts';
import { previewUndo } from '#lib/steps/undo/preview-undo.ts';
import { type UndoInput, undoBatch } from '#lib/steps/undo/undo-batch.ts';

// The steps parse what they are given and say what is wrong with it; here it is only known to be an object.
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const which = z.custom<Which>(isObject);

export const createBatchAction = outcome(
  // A plan holds JSON of any depth, which the type of an action can't.
  action
    .inputSchema(z.custom<Omit<CreateBatchInput, 'plan'> & { plan: unknown }>(isObject))
    .action(({ parsedInput, ctx }) => createBatch(ctx.actor, parsedInput as CreateBatchInput)),
);
export const startBatchAction = outcome(
  action
    .inputSchema(z.custom<{ batchId: string }>(isObject))
    .action(({ parsedInput, ctx }) => startBatch(ctx.actor, parsedInput)),
);
export const pauseAction = outcome(action.inputSchema(which).action(({ parsedInput, ctx }) => pause(ctx.actor, parsedInput)));
export const resumeAction = outcome(action.inputSchema(which).action(({ parsedInput, ctx }) => resume(ctx.actor, parsedInput)));
export const cancelAction = outcome(action.inputSchema(which).action(({ parsedInput, ctx }) => cancel(ctx.actor, parsedInput)));
export const acceptRestAction = outcome(
  action.inputSchema(which).action(({ parsedInput, ctx }) => acceptRest(ctx.actor, parsedInput)),
);
export const retryAction = outcome(action.inputSchema(which).action(({ parsedInput, ctx }) => retry(ctx.actor, parsedInput)));
export const resumeIncidentAction = outcome(
  action.inputSchema(z.custom<{ id: string }>(isObject)).action(({ parsedInput, ctx }) => resumeIncident(ctx.actor, parsedInput)),
);
export const previewUndoAction = outcome(
  action.inputSchema(z.custom<UndoInput>(isObject)).action(({ parsedInput, ctx }) => previewUndo(ctx.actor, parsedInput)),
);
export const undoBatchAction = outcome(
  action.inputSchema(z.custom<UndoInput>(isObject)).action(({ parsedInput, ctx }) => undoBatch(ctx.actor, parsedInput)),
);
export const decideAction = outcome(
  action.inputSchema(z.custom<DecideInput>(isObject)).action(({ parsedInput, ctx }) => decide(ctx.actor, parsedInput)),
);
export const answerDoubtsAction = outcome(
  action.inputSchema(z.custom<AnswerInput>(isObject)).action(({ parsedInput, ctx }) => answerDoubts(ctx.actor, parsedInput)),
);
