/** Batches: proposed, started, steered, undone. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { create, itemOrdinal, page, paging, write } from '#lib/api/transport.ts';
import { BATCH_LOOKS_MAX, FIELDS_MAX, RULES_MAX } from '#lib/core/limits.ts';
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
import { decided, decidedChunks, decisionAnswers, seen } from '#lib/shapes/checkpoints.ts';
import { listColumns } from '#lib/shapes/chunk-items.ts';
import { batchLooks, chunksNamed, decisionPreview, grid, releases } from '#lib/shapes/decisions.ts';
import { delivery, deliveryAsked, deliveryCount } from '#lib/shapes/delivery.ts';
import { agreement } from '#lib/shapes/evidence.ts';
import { atMost, proposal, proposalAsked, tried, tryAsked, tryBound } from '#lib/shapes/models.ts';
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
} from '#lib/shapes/plans.ts';
import { story } from '#lib/shapes/stories.ts';
import { answered, uncertain, uncertainAnswers, uncertainGroup } from '#lib/shapes/uncertain.ts';
import { undo, undoScope } from '#lib/shapes/undo.ts';
import { id } from '#lib/shapes/values.ts';
import { get, named, plannedFor, post, steer } from './parts.ts';

export const batchPaths = {
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
};
