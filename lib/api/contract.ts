/** The JSON paths of the API, each with what it takes and gives. Files and live events are in streams.ts. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import {
  AGENT_WAIT_SECONDS_MAX,
  BATCH_LOOKS_MAX,
  FIELDS_MAX,
  PAUSE_WHY_CHARS_MAX,
  RULES_MAX,
  SAVED_PLAN_NAME_CHARS_MAX,
  TARGET_CHARS_MAX,
} from '#lib/core/limits.ts';
import { givenNote } from '#lib/core/values/given-name.ts';
import { failureGroup } from '#lib/shapes/actions.ts';
import {
  batch,
  batchChange,
  batchesAsked,
  batchName,
  batchRow,
  moved,
  newBatch,
  restAsked,
  startWith,
} from '#lib/shapes/batches.ts';
import { board } from '#lib/shapes/board.ts';
import { chunkChanges } from '#lib/shapes/changes.ts';
import {
  alike,
  alikeAsked,
  checkpoint,
  corrected,
  correctedHow,
  corrections,
  decided,
  decidedChunks,
  decidedOn,
  decisionAnswers,
  restRefused,
  sample,
  seen,
} from '#lib/shapes/checkpoints.ts';
import { chunkFilter, chunkOrder, itemSet, listColumns, moveOfAll, reasons } from '#lib/shapes/chunk-items.ts';
import { chunkState, listedChunk } from '#lib/shapes/chunks.ts';
import { connection, connectionChange, connectionTest, newConnection, sourceInput, tested } from '#lib/shapes/connections.ts';
import {
  dataset,
  item,
  itemOpened,
  itemOriginal,
  itemsAsked,
  itemsFound,
  unreadableRow,
  uploadedDataset,
} from '#lib/shapes/datasets.ts';
import { batchLooks, chunksNamed, decisionPreview, grid, releases } from '#lib/shapes/decisions.ts';
import { delivery, deliveryAsked, deliveryCount } from '#lib/shapes/delivery.ts';
import {
  erasure,
  erasureChoice,
  erasureConfirmed,
  erasureFind,
  erasureRow,
  newErasure,
  personRemoved,
  retention,
} from '#lib/shapes/erasure.ts';
import {
  errandAnswered,
  errandAsked,
  errandExtended,
  errandGiven,
  errandKey,
  errandRecorded,
  errandUntil,
} from '#lib/shapes/errands.ts';
import { agreement, assigned, assignment, company, reviewed, reviewsGiven } from '#lib/shapes/evidence.ts';
import { findAsked, foundGroups } from '#lib/shapes/find.ts';
import { incident, incidentResumed, pausedTarget, workerRow, workerWish } from '#lib/shapes/fleet.ts';
import { apiKey, keyMade, newKey } from '#lib/shapes/keys.ts';
import { needsYou, nextNeed } from '#lib/shapes/live.ts';
import { atMost, proposal, proposalAsked, tried, tryAsked, tryBound } from '#lib/shapes/models.ts';
import { notice, noticeChoice, noticeChoices, noticesRead } from '#lib/shapes/notices.ts';
import { person, personSession, resetLink, reviewer } from '#lib/shapes/people.ts';
import {
  countedRows,
  differenceAsked,
  givenPlan,
  lessons,
  planRevised,
  planRevision,
  preview,
  rowBehind,
  ruleCounts,
  ruleItem,
  rulesDifference,
  rulesRevised,
  teachAsked,
  teachRound,
} from '#lib/shapes/plans.ts';
import { reading, readingChange, readingPreview, sourceLines } from '#lib/shapes/readings.ts';
import { receiptListed } from '#lib/shapes/receipts.ts';
import { chunkRequests, itemRequest, looked, receiptInFull } from '#lib/shapes/requests.ts';
import { ofDataset, savedPlan, savedPlanName, savedPlanRow } from '#lib/shapes/saved-plans.ts';
import { securityAsked, securityEvent } from '#lib/shapes/security.ts';
import { shelfGroup, shelfGroupsOf, shelfItem, shelfItemsOf } from '#lib/shapes/shelf.ts';
import { receiptSearch, receiptsAsked, receiptsLooked, receiptsSearched, story } from '#lib/shapes/stories.ts';
import { appendAsked, appended, batchStanding, checkpointAsked, checkpointTold } from '#lib/shapes/supervision.ts';
import { followUp, followUpsAsked, taskAssignment, tasksLooked } from '#lib/shapes/tasks.ts';
import { answered, uncertain, uncertainAnswers, uncertainGroup } from '#lib/shapes/uncertain.ts';
import { undo, undoScope } from '#lib/shapes/undo.ts';
import { count, id, nameNumber } from '#lib/shapes/values.ts';
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
import { chunkNumber, create, itemOrdinal, nothing, page, paging, write } from './transport.ts';

const named = { id: id.describe('The id of the batch.') };
const plannedFor = id
  .optional()
  .describe('A proposed batch that reviews again what another left unsent: the plan is worked out over its items.');
const namedDataset = { id: id.describe('The id of the dataset.') };
const namedPlan = { id: id.describe('The id of the saved plan.') };
const namedConnection = { id: id.describe('The id of the connection.') };
const namedWorker = { id: id.describe('The id of the worker.') };
const namedErasure = { id: id.describe('The id of the erasure.') };
const namedPerson = { id: id.describe('The id of the person.') };
const namedTask = { id: z.string().max(18).describe('The id of the task.') };
const ofChunk = { ...named, n: chunkNumber };
const ofErrand = { ...named, errand: errandKey };
const ofItem = { ...ofChunk, ordinal: itemOrdinal };
const whole = z
  .enum(['true', 'false'])
  .optional()
  .describe('All of a request, however long; else a long one is given by its beginning.');
const receiptName = z
  .string()
  .regex(/^\d{1,9}-\d{1,9}$/, 'A receipt is named by its chunk and its number, as in 7-42.')
  .describe('Its chunk and its number: 7-42.');

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
    opened: get(
      '/datasets/{id}/items/{ordinal}/opened',
      'Read an item taken apart',
      'Of a mail its headers, its HTML without anything that runs, fetches or leads anywhere, and its attachments by name; of a JSON file its JSON.',
    )
      .input(z.strictObject({ ...namedDataset, ordinal: itemOrdinal }))
      .output(itemOpened),
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
    teach: post(
      '/datasets/{id}/teach',
      'Choose what to teach next',
      'Which items a person decides next, so that the plan’s classifier learns the most. What they decide goes into the classifier’s `taught`. Writes nothing.',
    )
      .input(write(namedDataset, z.strictObject(teachAsked)))
      .output(teachRound),
  },
  batches: {
    preview: post(
      '/batches/preview',
      'Preview a plan',
      'What a batch of this plan would do, from the planner that the start uses. Writes nothing.',
    )
      .input(create(z.strictObject({ datasetId: id, plan: givenPlan, batchId: plannedFor })))
      .output(preview),
    previewTry: post(
      '/batches/model-try/preview',
      'Preview a try of a plan’s model',
      'What asking would cost at most. It asks nothing and writes nothing.',
    )
      .input(create(tryAsked))
      .output(tryBound),
    tryModel: post(
      '/batches/model-try',
      'Try a plan’s model',
      'Asks the model about some items before the batch starts, once. It is paid for.',
    )
      .input(create(tryAsked))
      .output(tried),
    proposeCategories: post(
      '/batches/model-proposal',
      'Have a model propose categories',
      'From what should happen and what the fields hold. It is one call, which is paid for, and changes nothing.',
    )
      .input(create(proposalAsked))
      .output(proposal),
    rowsBehind: post(
      '/batches/preview/rows',
      'List the rows behind a count of a preview',
      'A page may have fewer rows than its limit, and none: it looks at so many items. The last has no `next`. Writes nothing.',
    )
      .input(create(z.strictObject({ datasetId: id, plan: givenPlan, batchId: plannedFor, of: countedRows, ...paging })))
      .output(page(rowBehind)),
    list: get('/batches', 'List batches, the newest first')
      .input(z.strictObject({ ...paging, ...batchesAsked }))
      .output(page(batchRow)),
    create: post('/batches', 'Create a batch')
      .route({ successStatus: 201 })
      .input(create(z.strictObject({ ...newBatch, plan: givenPlan })))
      .output(batch),
    read: get('/batches/{id}', 'Read a batch').input(z.strictObject(named)).output(batch),
    change: oc
      .route({
        ...{ method: 'PUT', path: '/batches/{id}', summary: 'Change a proposed batch', inputStructure: 'detailed' },
        description:
          'Before its start, a batch takes another name or another plan: the plan is worked out again, and its chunks are made anew. It is refused as `stale` when the plan changed after its `planDigest` was read, and with `conflict` once the batch was started.',
      })
      .input(write(named, z.strictObject({ ...batchChange, plan: givenPlan.optional() })))
      .output(batch),
    reviewAgain: post(
      '/batches/{id}/review-again',
      'Plan a batch of what was left unsent',
      'Makes a proposed batch of the items of cancelled chunks that nothing happened with, or whose action was undone, with the rules that the batch has now. What was done, what is uncertain and what another batch reviews again already stays out. Refused with `conflict` where nothing is left: `batches` has those that took it.',
    )
      .route({ successStatus: 201 })
      .input(write(named, z.strictObject(restAsked).optional()))
      .output(batch),
    start: post(
      '/batches/{id}/start',
      'Start a batch',
      'It is refused while something is asked of the reading of its dataset, and where more than 20 rows, or 1 %, could not be read and `acceptUnreadable` is not their number.',
    )
      .input(write(named, z.strictObject(startWith).optional()))
      .output(batch),
    decide: post(
      '/batches/{id}/decision',
      'Decide on several chunks at once',
      'Chunks that changed since they were looked at drop out and are named.',
    )
      .input(write(named, z.strictObject({ chunks: decidedChunks, seen: seen.optional(), ...decisionAnswers })))
      .output(decided),
    previewDecision: post(
      '/batches/{id}/decision/preview',
      'Preview one decision over several chunks',
      'What it would approve and on what ground: counts, samples, what was looked at and what the looks over the batch prove. Writes nothing. The digests are in the list of chunks.',
    )
      .input(write(named, z.strictObject({ chunks: chunksNamed.optional() }).optional()))
      .output(decisionPreview),
    looks: get(
      '/batches/{id}/looks',
      'List what to look at next over all chunks',
      'Random items without a mark, in the order of the batch’s draw, as many as the bound over the batch wants still. They are marked in their chunks.',
    )
      .input(z.strictObject({ ...named, limit: z.coerce.number<number>().int().min(0).max(BATCH_LOOKS_MAX).optional() }))
      .output(batchLooks),
    grid: get(
      '/batches/{id}/grid',
      'Read the state of every chunk',
      'A short line for each, for a batch with more chunks than its page lists.',
    )
      .input(z.strictObject(named))
      .output(grid),
    releases: get('/batches/{id}/releases', 'List the approvals whose rest waits for its release')
      .input(z.strictObject(named))
      .output(releases),
    revisions: get(
      '/batches/{id}/plan',
      'List the revisions of the plan of a batch, the latest first',
      'The first one is the plan that it was started with. Each later one changed rules or instruction, for what was not approved yet.',
    )
      .input(z.strictObject({ ...named, ...paging }))
      .output(page(planRevision)),
    ruleCounts: get(
      '/batches/{id}/rules',
      'Count what each rule of a batch classified so far',
      'By the rules that hold now. A chunk goes by one revision: a rule that is the same in an earlier one counts as this one.',
    )
      .input(z.strictObject(named))
      .output(ruleCounts),
    ruleItems: get(
      '/batches/{id}/rules/{rule}/items',
      'List the items that a rule classified',
      '`rule` is its number among the rules that hold now, from 1; 0: what no rule took. A page may have fewer items than its limit, and none: it looks at so many. The last has no `next`.',
    )
      .input(z.strictObject({ ...named, rule: z.coerce.number<number>().int().min(0).max(RULES_MAX), ...paging }))
      .output(page(ruleItem)),
    lessons: get(
      '/batches/{id}/lessons',
      'List what a batch could learn from',
      'What people moved, and its classifier has not learned from. It learns from nothing by itself: who wants that posts it to `/batches/{id}/plan`, as `taught`.',
    )
      .input(z.strictObject(named))
      .output(lessons),
    revise: post(
      '/batches/{id}/plan',
      'Change the rules for what is not approved yet',
      'A new revision, with its receipt. What nobody has seen classified takes it; a chunk that awaits its review is classified again where `chunks` names it. What people corrected stays, and what was signed or approved keeps its revision. Refused as `stale` when another revision came, and as `conflict` when a named chunk does not await its review any more. Categories, actions and everything else of the plan can’t be changed.',
    )
      .input(write(named, planRevised))
      .output(rulesRevised),
    previewRevision: post(
      '/batches/{id}/plan/preview',
      'Preview other rules',
      'How many items of the chunks that await their review would go from which category to which, as far as a budget goes, and how many chunks are to come. Writes nothing.',
    )
      .input(write(named, differenceAsked))
      .output(rulesDifference),
    columns: post(
      '/batches/{id}/columns',
      'Choose the columns of lists of items',
      'Kept for whoever asks, and for every dataset of the same fields. Null: those that the rules read and receipts name.',
    )
      .input(write(named, z.strictObject({ fields: z.array(z.string()).max(FIELDS_MAX).nullable() })))
      .output(listColumns),
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
    agreement: get(
      '/batches/{id}/agreement',
      'Whether people agree with whoever classified',
      'Of the items that somebody looked at and marked, by chunk. It is no evidence of the rest: people also look at what is unsure.',
    )
      .input(z.object(named))
      .output(agreement),
    delivery: get(
      '/batches/{id}/push',
      'What waits for a push',
      'Of a batch that changes files of repositories: how many changes lie here, and how many a push took along. Null for any other batch.',
    )
      .input(z.object(named))
      .output(deliveryCount.nullable()),
    push: post(
      '/batches/{id}/push',
      'Prepare the push of what a batch changed',
      'Makes the commits here and starts a batch in which their push is approved; nothing is sent before. `left` says what the push leaves out, and why. Refused with `conflict` where nothing waits.',
    )
      .input(write(named, z.strictObject(deliveryAsked).optional()))
      .output(delivery),
    story: get(
      '/batches/{id}/items/{ordinal}',
      'Read the whole story of an item',
      'From the line of the file to what became of it: each line with who, when, and the receipt that says so.',
    )
      .input(z.strictObject({ ...named, ordinal: itemOrdinal }))
      .output(story),
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
  plans: {
    list: get('/plans', 'List the saved plans, by name')
      .input(
        z.strictObject({ ...paging, search: z.string().max(SAVED_PLAN_NAME_CHARS_MAX).optional().describe('Part of a name.') }),
      )
      .output(page(savedPlanRow)),
    save: post(
      '/plans',
      'Save a plan by name',
      'A name that is taken is refused with `conflict`: `savedPlan` is the plan that has it.',
    )
      .route({ successStatus: 201 })
      .input(create(z.strictObject({ name: savedPlanName, plan: givenPlan, datasetId: ofDataset })))
      .output(savedPlan),
    read: get('/plans/{id}', 'Read a saved plan', 'With `datasetId`: what of it does not fit that dataset.')
      .input(z.strictObject({ ...namedPlan, datasetId: id.optional() }))
      .output(savedPlan),
    change: oc
      .route({
        ...{ method: 'PUT', path: '/plans/{id}', summary: 'Change a saved plan', inputStructure: 'detailed' },
        description:
          'What is left out stays as it is. It is refused as `stale` when the plan changed after its `revision` was read. Batches that were made of it do not change.',
      })
      .input(
        write(
          namedPlan,
          z.strictObject({
            revision: nameNumber,
            name: savedPlanName.optional(),
            plan: givenPlan.optional(),
            datasetId: ofDataset,
          }),
        ),
      )
      .output(savedPlan),
    delete: oc
      .route({
        ...{ method: 'DELETE', path: '/plans/{id}', summary: 'Delete a saved plan', inputStructure: 'detailed' },
        description: 'Batches that were made of it keep their plans.',
      })
      .input(write(namedPlan, nothing))
      .output(z.object({ id })),
  },
  connections: {
    list: get(
      '/connections',
      'List connections, by name',
      'An admin’s are all; an operator’s are those that their plans may name. No secret is given.',
    )
      .input(z.strictObject(paging))
      .output(page(connection)),
    make: post(
      '/connections',
      'Make a connection',
      'A named target with what is secret of it. `secrets` is taken here and by a change, and never given back.',
    )
      .route({ successStatus: 201 })
      .input(create(newConnection))
      .output(connection),
    read: get('/connections/{id}', 'Read a connection').input(z.strictObject(namedConnection)).output(connection),
    change: oc
      .route({
        ...{ method: 'PUT', path: '/connections/{id}', summary: 'Change a connection', inputStructure: 'detailed' },
        description:
          'All of it but its name and its kind; secrets that are left out stay, unless they would go elsewhere than they were given for. It is refused as `stale` when the connection changed after its `revision` was read. Actions that were approved are sent to the address that was approved, or not at all.',
      })
      .input(write(namedConnection, connectionChange))
      .output(connection),
    delete: oc
      .route({
        ...{ method: 'DELETE', path: '/connections/{id}', summary: 'Delete a connection', inputStructure: 'detailed' },
        description: 'Refused while a batch that is not finished uses it.',
      })
      .input(write(namedConnection, nothing))
      .output(z.object({ id })),
    test: post(
      '/connections/{id}/test',
      'Test a connection',
      'A web service: sends a GET or a HEAD with its credential, to its address or to a place under it. A mail server: signs in, and lists what it can do and its folders. A database: signs in, and reads the version, the tables, and whether effects can be written down. `offers` has what it found.',
    )
      .input(write(namedConnection, connectionTest))
      .output(tested),
    prepare: post(
      '/connections/{id}/prepare',
      'Make what a connection needs at its target',
      'Makes the table `countersign_effects` in the database of a connection of kind sql, where it is missing and the connection’s role may, and tests the connection.',
    )
      .input(write(namedConnection, nothing))
      .output(tested),
    collect: post(
      '/connections/{id}/dataset',
      'Read a place of a connection into a dataset',
      'Of a mail server: all mails of a folder, with their UIDs, by which actions find them again. Nothing there is changed. It answers when all are read, as an upload does; after a minute while it goes on (`receiving`).',
    )
      .route({ successStatus: 201 })
      .input(write(namedConnection, sourceInput))
      .output(uploadedDataset),
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
    items: get(
      '/batches/{id}/chunks/{n}/items',
      'List the items of a chunk with their classifications',
      'In the order of the file, or sorted; all that is said of them has to hold. A page of what is looked for may be short, even empty, while there is a `next`.',
    )
      .input(z.strictObject({ ...ofChunk, ...paging, ...chunkFilter, ...chunkOrder }))
      .output(page(sample)),
    count: get(
      '/batches/{id}/chunks/{n}/items/count',
      'Count the items of a chunk that match',
      'With `set`, which items these are: a move of all of them is bound to it.',
    )
      .input(z.strictObject({ ...ofChunk, ...chunkFilter }))
      .output(itemSet),
    reasons: get(
      '/batches/{id}/chunks/{n}/reasons',
      'List what decided in a chunk',
      'The reasons of its classifications, the most frequent first.',
    )
      .input(z.strictObject(ofChunk))
      .output(reasons),
    correct: post(
      '/batches/{id}/chunks/{n}/corrections',
      'Move items to other categories',
      'This raises the revision. A decision on an earlier revision is refused. It leaves a receipt for each pair of categories that items were moved between. The body is a list of items with their categories; or a query and a category, with the count and the set that the query had: all of them are moved at once, and refused as `stale` when other items match by then.',
    )
      .input(write(ofChunk, z.union([corrections, moveOfAll]), { how: correctedHow.optional() }))
      .output(corrected),
    like: post(
      '/batches/{id}/chunks/{n}/like',
      'Find what is like corrected items',
      'Other items of the category that they were moved out of, with the same value of a field, the same words, or decided by the same rule; and how many in chunks to come. It compares so many items, and says how many. Writes nothing.',
    )
      .input(write(ofChunk, alikeAsked))
      .output(alike),
    mark: post(
      '/batches/{id}/chunks/{n}/reviews',
      'Mark items as looked at',
      'A mark says that a person looked at an item, and that it is right in its category. It changes no category and no revision. Marks are taken while the chunk is in review, and after its decision without an end. A mark lapses when the item is moved to another category.',
    )
      .input(write(ofChunk, reviewsGiven))
      .output(reviewed),
    company: get(
      '/batches/{id}/chunks/{n}/company',
      'Read who else is at a checkpoint',
      'Who has it open, who claimed it, and what others moved and marked since.',
    )
      .input(
        z.strictObject({
          ...ofChunk,
          revision: chunkNumber.optional().describe('The revision that was looked at: what others moved since is told.'),
          after: z
            .string()
            .max(20)
            .optional()
            .describe('The `after` of the answer before; without it all marks are told, at most 1,000.'),
        }),
      )
      .output(company),
    claim: post(
      '/batches/{id}/chunks/{n}/claim',
      'Claim a checkpoint, or hand it back',
      'Others see who reviews the chunk. A claim forbids nothing, and ends with the decision.',
    )
      .input(write(ofChunk, z.strictObject({ mine: z.boolean() })))
      .output(company),
    decide: post(
      '/batches/{id}/chunks/{n}/decision',
      'Decide on a chunk',
      'The decision is refused as `stale` when the chunk changed after its digest was read; `changes` says what moved. With `gates.approvals` 2, two people send the same `execute`. One person can’t sign twice (`conflict`), and the person who started the batch can’t sign (`forbidden`).',
    )
      .input(write(ofChunk, z.strictObject({ ...decidedOn, ...decisionAnswers })))
      .output(decided),
    assign: post(
      '/batches/{id}/assign',
      'Say who reviews chunks of a batch',
      'Of the chunks that are in review, those that nobody has, or that you have. Others see whose they are, and they leave the lists of the others. It forbids nothing, and ends with the decision.',
    )
      .input(write(named, assignment))
      .output(assigned),
    request: get(
      '/batches/{id}/chunks/{n}/items/{ordinal}/request',
      'Read what is sent for an item',
      'While the chunk is in review it is built from the category as it is now, by the builder of the manifest; afterwards it is the frozen one.',
    )
      .input(
        z.strictObject({
          ...ofItem,
          category: z.string().optional().describe('As if the item were in this one, while it is in review.'),
          whole,
        }),
      )
      .output(itemRequest),
    look: post(
      '/batches/{id}/chunks/{n}/items/{ordinal}/request/look',
      'Look at what is there now',
      'Asks the target once, as the plan says that it is looked up. This changes nothing, and is never done by itself.',
    )
      .input(write(ofItem, z.strictObject({ category: z.string().optional() }).optional()))
      .output(looked),
    requests: get(
      '/batches/{id}/chunks/{n}/requests',
      'Read one request of each category, and in what the others differ',
      'Of a chunk in review.',
    )
      .input(z.strictObject(ofChunk))
      .output(chunkRequests),
    changes: get(
      '/batches/{id}/chunks/{n}/changes',
      'Read the files that a chunk changes, with their lines',
      'Of a chunk in review what an approval would do now; of an approved one what was approved. Only where the plan changes files.',
    )
      .input(z.strictObject({ ...ofChunk, after: z.string().optional().describe('As the page before gave it as `next`.') }))
      .output(chunkChanges),
    refuseRest: post(
      '/batches/{id}/chunks/{n}/refuse-rest',
      'Refuse the rest of an approval whose first actions are done',
      'Every chunk of the approval that is not released ends: what was not sent never is. Then the undo of what was done is made, as a batch of its own, unless `undo` is false.',
    )
      .input(write(ofChunk, z.strictObject({ undo: z.boolean().optional() }).optional()))
      .output(restRefused),
  },
  find: {
    all: get(
      '/find',
      'Find batches, chunks, datasets, receipts, items and people',
      'A group for each kind that the caller may see, what is exactly it first. Names are looked through for a fifth of a second, values for less than a second, the newest first: a group may be short, or empty. `looked` says how far; go on with its `next`. A new look of one caller ends their last one of the same kind, which then gives what it has.',
    )
      .input(z.strictObject(findAsked))
      .output(foundGroups),
  },
  receipts: {
    list: get(
      '/batches/{id}/receipts/rows',
      'List the receipts of a batch',
      'Each as a line in words. By chunk and number in it; with a filter or an order, by the time of their commits. A page of what is filtered may be shorter than `limit`, and empty: go on while there is a `next`.',
    )
      .input(z.strictObject({ ...named, ...paging, ...receiptsAsked }))
      .output(page(receiptListed).extend({ looked: receiptsLooked })),
    search: get(
      '/receipts/search',
      'Find items by a value of their receipts',
      'In all batches, the newest first. A page ends after a second: it may be shorter than `limit`, and empty. Go on while there is a `next`.',
    )
      .input(z.strictObject({ ...receiptSearch, ...paging }))
      .output(receiptsSearched),
    read: get('/batches/{id}/receipts/{receipt}', 'Read a receipt with what was sent and what was answered')
      .input(z.strictObject({ ...named, receipt: receiptName, whole }))
      .output(receiptInFull),
  },
  tasks: {
    list: get(
      '/tasks',
      'List the follow-up tasks that batches made, the newest first',
      'A page with `search` ends after a second: it may be shorter than `limit`, and empty. Go on while there is a `next`.',
    )
      .input(z.strictObject({ ...paging, ...followUpsAsked }))
      .output(page(followUp).extend({ looked: tasksLooked })),
    done: post(
      '/tasks/{id}/done',
      'Say that a task is done, or not done again',
      'Who said so is kept, also of what is open again.',
    )
      .input(write(namedTask, z.strictObject({ done: z.boolean() })))
      .output(followUp),
    assign: post('/tasks/{id}/assign', 'Say who does a task').input(write(namedTask, taskAssignment)).output(followUp),
  },
  pause: steer('pause', 'Pause'),
  resume: {
    ...steer('resume', 'Resume'),
    batch: post(
      '/batches/{id}/resume',
      'Resume a batch',
      'What was paused or halted goes on. With `atMost` the batch may cost so much on its model from now on, also where nothing halted.',
    )
      .input(write(named, z.strictObject({ atMost: atMost.optional() }).optional()))
      .output(moved),
  },
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
  reviewers: {
    list: get('/reviewers', 'List who can be given chunks to review: people who decide').output(
      z.object({ items: z.array(reviewer), next: z.null() }),
    ),
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
    confirm: post(
      '/people/{id}/confirm',
      'Confirm a person',
      'Another admin vouches that this is somebody of their own. Where two people sign a chunk, whoever invited the person can then be the other one. A person who signed in does it, not an API key.',
    )
      .input(write(namedPerson, nothing))
      .output(person),
    sessions: get('/people/{id}/sessions', 'List the sessions of a person, the newest first')
      .input(z.strictObject(namedPerson))
      .output(z.object({ items: z.array(personSession), next: z.null() })),
    signOut: post(
      '/people/{id}/sign-out',
      'End all sessions of a person',
      'The person signs in anew. API keys go on. Of one’s own, the session that asks goes on too.',
    )
      .input(write(namedPerson, nothing))
      .output(z.object({ ended: z.int() })),
    resetLink: post(
      '/people/{id}/reset-link',
      'Make a link that sets the password of a person anew',
      'The link is in the answer, once, and works once, for a day. The old password works until then. Whoever made the link counts as who let the person in. An Idempotency-Key is refused: nothing of the answer is kept.',
    )
      .route({ successStatus: 201 })
      .input(write(namedPerson, nothing))
      .output(resetLink),
    resetFactors: post(
      '/people/{id}/reset-factors',
      'Remove the second factors of a person',
      'The authenticator app, its backup codes and all passkeys, for somebody who lost them. The person is signed out everywhere, and signs in with the password alone. Nobody resets their own.',
    )
      .input(write(namedPerson, nothing))
      .output(person),
    remove: post(
      '/people/{id}/remove',
      'Remove the account of a disabled person',
      'Name, address and ways to sign in go for good; the id stays, by which receipts name the person. The address is then looked for everywhere else: `erasure` waits to be confirmed.',
    )
      .input(write(namedPerson, personRemoved))
      .output(z.object({ id, erasure: id })),
  },
  erasures: {
    list: get('/erasures', 'List erasures, the newest first').input(z.strictObject(paging)).output(page(erasureRow)),
    lookFor: post(
      '/erasures',
      'Look for what is to be erased',
      'A value is looked for in every place by the workers; nothing is erased before the erasure is confirmed. All of a batch, a dataset or its originals is named instead of a value.',
    )
      .route({ successStatus: 201 })
      .input(create(newErasure))
      .output(z.object({ id })),
    read: get('/erasures/{id}', 'Read an erasure: what it would take away, who is in the way, and what it took')
      .input(z.strictObject(namedErasure))
      .output(erasure),
    finds: get('/erasures/{id}/finds', 'List the rows of one place in which the value stands')
      .input(z.strictObject({ ...namedErasure, ...paging, cursor: z.string().max(2_000).optional(), place: z.string().max(40) }))
      .output(page(erasureFind)),
    choose: post('/erasures/{id}/choose', 'Choose which of the found rows are erased', 'What hangs on an item goes with it.')
      .input(write(namedErasure, erasureChoice))
      .output(z.object({ count })),
    confirm: post(
      '/erasures/{id}/confirm',
      'Erase what is chosen, for good',
      'The workers do it, page by page. Refused while an unfinished batch would send or ask with it: `facts.batchId` names one.',
    )
      .input(write(namedErasure, erasureConfirmed))
      .output(z.object({ id })),
    withdraw: post('/erasures/{id}/withdraw', 'Forget what was looked for, with nothing erased')
      .input(write(namedErasure, nothing))
      .output(z.object({ id })),
    retention: get('/retention', 'Read what goes by age, and what would go now').output(retention),
  },
  keys: {
    list: get(
      '/keys',
      'List API keys, the newest first',
      'One’s own, also those that have ended. With `everybody`, which an admin may ask, those of all people.',
    )
      .input(z.strictObject({ ...paging, everybody: z.literal('true').optional() }))
      .output(page(apiKey)),
    make: post(
      '/keys',
      'Make an API key',
      'A person makes their own; the key of the environment makes one of a person whom it names. The key is in the answer, once. An Idempotency-Key is refused: nothing of the answer is kept.',
    )
      .route({ successStatus: 201 })
      .input(create(newKey))
      .output(keyMade),
    revoke: oc
      .route({ method: 'DELETE', path: '/keys/{id}', summary: 'Revoke an API key', inputStructure: 'detailed' })
      .input(write({ id: id.describe('The id of the key.') }, nothing))
      .output(apiKey),
  },
  notices: {
    list: get(
      '/notices',
      'List one’s own notices, the newest first',
      'What somebody was told: chunks that wait, incidents, batches that are finished. A person’s API key lists those of its owner.',
    )
      .input(z.strictObject(paging))
      .output(page(notice)),
    read: post('/notices/read', 'Mark notices as read').input(create(noticesRead)).output(z.object({})),
    choices: get('/notices/choices', 'Read how one is told, by kind').output(noticeChoices),
    choose: oc
      .route({
        ...{ method: 'PUT', path: '/notices/choices', summary: 'Choose how one is told of a kind', inputStructure: 'detailed' },
        description: 'By somebody who is signed in: a key must not silence what its owner would be told.',
      })
      .input(create(noticeChoice))
      .output(noticeChoice),
  },
  security: {
    list: get(
      '/security-log',
      'List the security log, the newest first',
      'What somebody did or tried that bears on who may do what, and who opened or downloaded what. With a filter a page may have fewer events than its limit, and none: it looks for so long. The last has no `next`.',
    )
      .input(z.strictObject({ ...paging, ...securityAsked }))
      .output(page(securityEvent)),
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
});
