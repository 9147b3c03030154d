/** Who works and what waits: the board, workers, targets, incidents, and what needs somebody. */
import { z } from 'zod';
import { chunkNumber, create, nothing, write } from '#lib/api/transport.ts';
import { PAUSE_WHY_CHARS_MAX, TARGET_CHARS_MAX } from '#lib/core/limits.ts';
import { givenNote } from '#lib/core/values/given-name.ts';
import { board } from '#lib/shapes/board.ts';
import { incident, incidentResumed, pausedTarget, workerRow, workerWish } from '#lib/shapes/fleet.ts';
import { needsYou, nextNeed } from '#lib/shapes/live.ts';
import { id } from '#lib/shapes/values.ts';
import { get, namedWorker, post } from './parts.ts';

export const fleetPaths = {
  needsYou: {
    read: get(
      '/needs-you',
      'Read what waits for a person',
      'It is of all batches, the most urgent first: what the reader claimed, and what nobody did. It is empty for a reader who may not decide.',
    ).output(needsYou),
    next: get(
      '/needs-you/next',
      'Read what to answer next',
      'Of the batch that is named, after the chunk that is named; then of all.',
    )
      .input(
        z.strictObject({
          batch: id.optional().describe('The id of the batch one is at.'),
          chunk: chunkNumber.optional().describe('The number of the chunk one is at.'),
        }),
      )
      .output(z.object({ next: nextNeed.nullable() })),
  },
  incidents: {
    list: get(
      '/incidents',
      'List the open incidents, the newest first',
      'With `state` closed: the latest incidents that are over.',
    )
      .input(z.strictObject({ state: z.enum(['open', 'closed']).optional() }))
      .output(z.object({ items: z.array(incident), next: z.null() })),
    acknowledge: post(
      '/incidents/{id}/acknowledge',
      'Acknowledge an incident',
      'This says that somebody knows of it. It resumes nothing.',
    )
      .input(write({ id: id.describe('The id of the incident.') }, nothing))
      .output(z.object({ id })),
    resume: post(
      '/incidents/{id}/resume',
      'Resume what an incident stopped',
      'For a target that failed: one of the chunks that wait for it tries it, and the others follow after its first success. Uncertain actions are never repeated.',
    )
      .input(write({ id: id.describe('The id of the incident.') }, nothing))
      .output(incidentResumed),
  },
  workers: {
    list: get('/workers', 'List the workers').output(z.object({ items: z.array(workerRow), next: z.null() })),
    drain: post(
      '/workers/{id}/drain',
      'Drain a worker',
      'The worker begins nothing new, waits for its requests in flight, gives its chunks back and ends. If `npm start` started it, a new worker takes its place.',
    )
      .input(write(namedWorker, nothing))
      .output(workerWish),
    stop: post(
      '/workers/{id}/stop',
      'Stop a worker',
      'Like a drain that waits two seconds at most. Requests that are still in flight then become uncertain, or are repeated where that is safe.',
    )
      .input(write(namedWorker, nothing))
      .output(workerWish),
  },
  targets: {
    pause: post(
      '/targets/pause',
      'Pause a target',
      'No worker sends to the target until its incident is resumed. Requests in flight get their outcome.',
    )
      .input(
        create(
          z.strictObject({
            target: z
              .string()
              .min(1)
              .max(TARGET_CHARS_MAX)
              .describe(
                'The target as the board names it: scheme, host and port, behind the name of a connection (“crm at https://crm.example”).',
              ),
            why: givenNote('A reason', PAUSE_WHY_CHARS_MAX).min(1).describe('The reason, for whoever resumes the target.'),
          }),
        ),
      )
      .output(pausedTarget),
  },
  board: {
    read: get(
      '/board',
      'Read the live board',
      'What runs, what waits and for what, how targets answer, and how workers and database are.',
    ).output(board),
  },
};
