/** The JSON paths of the API, each with what it takes and gives. Files and live events are in streams.ts. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { PAUSE_WHY_CHARS_MAX, TARGET_CHARS_MAX } from '#lib/core/limits.ts';
import { failureGroup } from '#lib/shapes/actions.ts';
import { acceptUnreadable, batch, batchName, batchRow, batchState, moved, newBatch } from '#lib/shapes/batches.ts';
import { board } from '#lib/shapes/board.ts';
import {
  checkpoint,
  corrected,
  correctedHow,
  corrections,
  decided,
  decidedChunks,
  decidedOn,
  decisionAnswers,
  sample,
  seen,
} from '#lib/shapes/checkpoints.ts';
import { chunkState, listedChunk } from '#lib/shapes/chunks.ts';
import { dataset, item, itemOriginal, itemsAsked, itemsFound, unreadableRow } from '#lib/shapes/datasets.ts';
import { incident, incidentResumed, pausedTarget, workerRow, workerWish } from '#lib/shapes/fleet.ts';
import { needsYou } from '#lib/shapes/live.ts';
import { person } from '#lib/shapes/people.ts';
import { countedRows, givenPlan, preview, rowBehind } from '#lib/shapes/plans.ts';
import { reading, readingChange, readingPreview, sourceLines } from '#lib/shapes/readings.ts';
import { receiptListed } from '#lib/shapes/receipts.ts';
import { shelfGroup, shelfGroupsOf, shelfItem, shelfItemsOf } from '#lib/shapes/shelf.ts';
import { followUp } from '#lib/shapes/tasks.ts';
import { answered, uncertain, uncertainAnswers, uncertainGroup } from '#lib/shapes/uncertain.ts';
import { undo, undoScope } from '#lib/shapes/undo.ts';
import { count, id } from '#lib/shapes/values.ts';
import { chunkNumber, create, itemOrdinal, nothing, page, paging, write } from './transport.ts';

const named = { id: id.describe('The id of the batch.') };
const namedDataset = { id: id.describe('The id of the dataset.') };
const namedWorker = { id: id.describe('The id of the worker.') };
const namedPerson = { id: id.describe('The id of the person.') };
const ofChunk = { ...named, n: chunkNumber };

const get = (path: `/${string}`, summary: string, description?: string) =>
  oc.route({ method: 'GET', path, summary, ...(description ? { description } : {}) });
const post = (path: `/${string}`, summary: string, description?: string) =>
  oc.route({ method: 'POST', path, summary, inputStructure: 'detailed', ...(description ? { description } : {}) });

const steer = (verb: 'pause' | 'resume' | 'cancel' | 'accept-rest' | 'retry', summary: string, description?: string) => ({
  batch: post(`/batches/{id}/${verb}`, `${summary} a batch`, description).input(write(named, nothing)).output(moved),
  chunk: post(`/batches/{id}/chunks/{n}/${verb}`, `${summary} a chunk`, description).input(write(ofChunk, nothing)).output(moved),
});

export const contract = oc.prefix('/api/v1').router({
  datasets: {
    list: get('/datasets', 'List datasets, the newest first').input(z.strictObject(paging)).output(page(dataset)),
    read: get('/datasets/{id}', 'Read a dataset').input(z.strictObject(namedDataset)).output(dataset),
    items: get('/datasets/{id}/items', 'List the items of a dataset')
      .input(z.strictObject({ ...namedDataset, ...paging, ...itemsAsked }))
      .output(page(item).extend(itemsFound)),
    item: get('/datasets/{id}/items/{ordinal}', 'Read an item with its original bytes')
      .input(z.strictObject({ ...namedDataset, ordinal: itemOrdinal }))
      .output(itemOriginal),
    lines: get('/datasets/{id}/lines', 'Read lines of the file of a dataset')
      .input(
        z.strictObject({ ...namedDataset, lines: z.string().max(500).describe('Their numbers, from 1, with commas: “1,2,17”.') }),
      )
      .output(sourceLines),
    unreadable: get('/datasets/{id}/unreadable', 'List the rows that could not be read')
      .input(z.strictObject({ ...namedDataset, ...paging }))
      .output(page(unreadableRow)),
    rename: oc
      .route({ method: 'PATCH', path: '/datasets/{id}', summary: 'Rename a dataset', inputStructure: 'detailed' })
      .input(write(namedDataset, z.strictObject({ name: z.string() })))
      .output(dataset),
    delete: oc
      .route({
        ...{ method: 'DELETE', path: '/datasets/{id}', summary: 'Delete a dataset', inputStructure: 'detailed' },
        description:
          'It is not listed any more. Without a batch its items, its readings and, unless another dataset has it too, its original are removed. With one they are kept, for receipts name them.',
      })
      .input(write(namedDataset, nothing))
      .output(z.object({ id, kept: count.describe('The batches for which its rows are kept.') })),
    reading: get(
      '/datasets/{id}/reading',
      'Read how a dataset was read',
      'Every guess with how sure it is and the lines for it and against it, and what a person is asked.',
    )
      .input(z.strictObject(namedDataset))
      .output(reading),
    changeReading: oc
      .route({
        ...{ method: 'PUT', path: '/datasets/{id}/reading', summary: 'Say how a dataset is to be read' },
        ...{ inputStructure: 'detailed', outputStructure: 'detailed' },
        description:
          'What is left out stays as it is. A change of meanings (200) is a new revision for batches that are planned from now on. A change of rows (202) makes a new dataset of the same file, which is read in the background: follow it at `/datasets/{id}`. It is refused as `stale` when the reading changed after its digest was read.',
      })
      .input(write(namedDataset, readingChange))
      .output(
        z.union([
          z.object({ status: z.literal(200), body: reading }),
          z.object({ status: z.literal(202), body: z.object({ dataset: id }) }),
        ]),
      ),
    previewReading: post(
      '/datasets/{id}/reading/preview',
      'Try a change of a reading',
      'On the beginning of the file. Writes nothing.',
    )
      .input(write(namedDataset, readingChange))
      .output(readingPreview),
  },
  batches: {
    preview: post(
      '/batches/preview',
      'Preview a plan',
      'What a batch of this plan would do, from the planner that the start uses. Writes nothing.',
    )
      .input(create(z.strictObject({ datasetId: id, plan: givenPlan })))
      .output(preview),
    rowsBehind: post(
      '/batches/preview/rows',
      'List the rows behind a count of a preview',
      'A page may have fewer rows than its limit, and none: it looks at so many items. The last has no `next`. Writes nothing.',
    )
      .input(create(z.strictObject({ datasetId: id, plan: givenPlan, of: countedRows, ...paging })))
      .output(page(rowBehind)),
    list: get('/batches', 'List batches, the newest first')
      .input(z.strictObject({ ...paging, state: batchState.optional() }))
      .output(page(batchRow)),
    create: post('/batches', 'Create a batch')
      .route({ successStatus: 201 })
      .input(create(z.strictObject({ ...newBatch, plan: givenPlan })))
      .output(batch),
    read: get('/batches/{id}', 'Read a batch').input(z.strictObject(named)).output(batch),
    start: post(
      '/batches/{id}/start',
      'Start a batch',
      'It is refused while something is asked of the reading of its dataset, and where more than 20 rows, or 1 %, could not be read and `acceptUnreadable` is not their number.',
    )
      .input(write(named, z.strictObject({ acceptUnreadable }).optional()))
      .output(batch),
    decide: post(
      '/batches/{id}/decision',
      'Decide on several chunks at once',
      'Chunks that changed since they were looked at drop out and are named.',
    )
      .input(write(named, z.strictObject({ chunks: decidedChunks, seen: seen.optional(), ...decisionAnswers })))
      .output(decided),
    undo: post(
      '/batches/{id}/undo',
      'Undo what a batch did',
      'Makes and starts a batch over the receipts: it is reviewed, approved and receipted like any other, and nothing is changed before. Without a scope it covers everything that can be undone.',
    )
      .input(
        write(
          named,
          z
            .strictObject({
              ...undoScope,
              name: batchName.optional().describe('What the new batch is called.'),
              dryRun: z.boolean().optional().describe('Only says what it would do. Writes nothing.'),
            })
            .optional(),
        ),
      )
      .output(undo),
    failures: get('/batches/{id}/failures', 'List failed actions, by reason')
      .input(z.strictObject(named))
      .output(z.object({ groups: z.array(failureGroup) })),
    uncertain: get('/batches/{id}/uncertain', 'List uncertain actions: they were sent, and nobody knows what became of them')
      .input(z.strictObject({ ...named, ...paging }))
      .output(page(uncertain).extend({ groups: z.array(uncertainGroup) })),
    answer: post(
      '/batches/{id}/uncertain',
      'Answer for uncertain actions, or ask the target',
      'This sends nothing again. `ask` looks the actions up at the target, and settles only those that the target says happened.',
    )
      .input(write(named, uncertainAnswers({})))
      .output(answered),
  },
  chunks: {
    list: get(
      '/batches/{id}/chunks',
      'List the chunks of a batch',
      'Each with the digest and the revision that a decision on it is bound to. A page may be shorter than `limit`: go on while there is a `next`.',
    )
      .input(z.strictObject({ ...named, ...paging, state: chunkState.optional() }))
      .output(page(listedChunk)),
    read: get('/batches/{id}/chunks/{n}', 'Read a checkpoint', 'Counts, samples and the digest that a decision is bound to.')
      .input(z.strictObject(ofChunk))
      .output(checkpoint),
    items: get('/batches/{id}/chunks/{n}/items', 'List the items of a chunk with their classifications')
      .input(z.strictObject({ ...ofChunk, ...paging, category: z.string().optional(), search: z.string().max(200).optional() }))
      .output(page(sample)),
    correct: post(
      '/batches/{id}/chunks/{n}/corrections',
      'Move items to other categories',
      'This raises the revision. A decision on an earlier revision is refused. It leaves a receipt for each pair of categories that items were moved between.',
    )
      .input(write(ofChunk, corrections, { how: correctedHow.optional() }))
      .output(corrected),
    decide: post(
      '/batches/{id}/chunks/{n}/decision',
      'Decide on a chunk',
      'The decision is refused as `stale` when the chunk changed after its digest was read; `changes` says what moved. With `gates.approvals` 2, two people send the same `execute`. One person can’t sign twice (`conflict`), and the person who started the batch can’t sign (`forbidden`).',
    )
      .input(write(ofChunk, z.strictObject({ ...decidedOn, ...decisionAnswers })))
      .output(decided),
  },
  receipts: {
    list: get(
      '/batches/{id}/receipts/rows',
      'List the receipts of a batch',
      'By chunk and number in it, each as a line in words.',
    )
      .input(z.strictObject({ ...named, ...paging }))
      .output(page(receiptListed)),
  },
  tasks: {
    list: get('/tasks', 'List the follow-up tasks that batches made, the newest first')
      .input(
        z.strictObject({
          ...paging,
          state: z.enum(['open', 'over']).optional().describe('`over`: those that are done or withdrawn.'),
        }),
      )
      .output(page(followUp)),
  },
  pause: steer('pause', 'Pause'),
  resume: steer('resume', 'Resume'),
  cancel: steer('cancel', 'Cancel'),
  acceptRest: steer(
    'accept-rest',
    'Leave unsent the rest of',
    'This is for chunks that halted while they were executing. Actions that were not sent are never sent, and count as not executed. Open requests are settled first. Uncertain actions still need an answer.',
  ),
  retry: steer('retry', 'Retry the failed actions of'),
  needsYou: {
    read: get(
      '/needs-you',
      'Read what waits for a person',
      'It is of all batches, the oldest batch first. It is empty for a reader who may not decide.',
    ).output(needsYou),
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
  people: {
    list: get('/people', 'List the people, the earliest first').output(z.object({ items: z.array(person), next: z.null() })),
    disable: post(
      '/people/{id}/disable',
      'Disable a person',
      'The person is signed out everywhere. Open invitations that the person made, or that are for the person’s address, are withdrawn. Batches that the person started or approved run on. The last admin can’t be disabled, and nobody can disable themselves.',
    )
      .input(write(namedPerson, nothing))
      .output(person),
    enable: post(
      '/people/{id}/enable',
      'Enable a disabled person',
      'The person can sign in again, with the old password. Withdrawn invitations stay withdrawn.',
    )
      .input(write(namedPerson, nothing))
      .output(person),
  },
  shelf: {
    list: get(
      '/shelf',
      'List what is on the shelves, the newest batch first',
      'Grouped by batch, category and shelf. To restore a group, undo that category of that batch. To download it, give its shelf to `/batches/{id}/dataset`.',
    )
      .input(shelfGroupsOf.extend(paging))
      .output(page(shelfGroup)),
    items: get('/shelf/items', 'List the items that a category of a batch put on a shelf and that are still there')
      .input(shelfItemsOf.extend(paging))
      .output(page(shelfItem)),
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
            target: z.string().min(1).max(TARGET_CHARS_MAX).describe('The target as the board names it: scheme, host and port.'),
            why: z.string().trim().min(1).max(PAUSE_WHY_CHARS_MAX).describe('The reason, for whoever resumes the target.'),
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
});
