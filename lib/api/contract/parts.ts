/** What the paths have in common: the names in them, and how one is written. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { chunkNumber, itemOrdinal, nothing, write } from '#lib/api/transport.ts';
import { moved } from '#lib/shapes/batches.ts';
import { errandKey } from '#lib/shapes/errands.ts';
import { id } from '#lib/shapes/values.ts';

export const named = { id: id.describe('The id of the batch.') };
export const plannedFor = id
  .optional()
  .describe('A proposed batch that reviews again what another left unsent: the plan is worked out over its items.');
export const namedDataset = { id: id.describe('The id of the dataset.') };
export const namedPlan = { id: id.describe('The id of the saved plan.') };
export const namedConnection = { id: id.describe('The id of the connection.') };
export const namedWorker = { id: id.describe('The id of the worker.') };
export const namedErasure = { id: id.describe('The id of the erasure.') };
export const namedPerson = { id: id.describe('The id of the person.') };
export const namedTask = { id: z.string().max(18).describe('The id of the task.') };
export const ofChunk = { ...named, n: chunkNumber };
export const ofErrand = { ...named, errand: errandKey };
export const ofItem = { ...ofChunk, ordinal: itemOrdinal };
export const whole = z
  .enum(['true', 'false'])
  .optional()
  .describe('All of a request, however long; else a long one is given by its beginning.');
export const receiptName = z
  .string()
  .regex(/^\d{1,9}-\d{1,9}$/, 'A receipt is named by its chunk and its number, as in 7-42.')
  .describe('Its chunk and its number: 7-42.');

export const get = (path: `/${string}`, summary: string, description?: string) =>
  oc.route({ method: 'GET', path, summary, ...(description ? { description } : {}) });
export const post = (path: `/${string}`, summary: string, description?: string) =>
  oc.route({ method: 'POST', path, summary, inputStructure: 'detailed', ...(description ? { description } : {}) });

export const steer = (verb: 'pause' | 'resume' | 'cancel' | 'accept-rest' | 'retry', summary: string, description?: string) => ({
  batch: post(`/batches/{id}/${verb}`, `${summary} a batch`, description).input(write(named, nothing)).output(moved),
  chunk: post(`/batches/{id}/chunks/{n}/${verb}`, `${summary} a chunk`, description).input(write(ofChunk, nothing)).output(moved),
});
