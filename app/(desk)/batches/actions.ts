'use server';

import { stepAction } from '#app/action-client.ts';
import { acceptRest } from '#lib/steps/batches/accept-rest.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { retry } from '#lib/steps/batches/retry.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { resumeIncident } from '#lib/steps/fleet/resume-incident.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { previewUndo } from '#lib/steps/undo/preview-undo.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';

export const createBatchAction = stepAction(createBatch);
export const startBatchAction = stepAction(startBatch);
export const pauseAction = stepAction(pause);
export const resumeAction = stepAction(resume);
export const cancelAction = stepAction(cancel);
export const acceptRestAction = stepAction(acceptRest);
export const retryAction = stepAction(retry);
export const resumeIncidentAction = stepAction(resumeIncident);
export const previewUndoAction = stepAction(previewUndo);
export const undoBatchAction = stepAction(undoBatch);
export const decideAction = stepAction(decide);
export const answerUncertainAction = stepAction(answerUncertain);
