/** What answers each path of the contract: one step each. */
import type { AnyContractProcedure } from '@orpc/contract';
import { implement } from '@orpc/server';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { log } from '#lib/log.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import type { CheckpointView } from '#lib/shapes/checkpoints.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import { readFailures } from '#lib/steps/actions/read-failures.ts';
import { acceptRest } from '#lib/steps/batches/accept-rest.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import type { Which } from '#lib/steps/batches/change.ts';
import { type ChangeBatchInput, changeBatch } from '#lib/steps/batches/change-batch.ts';
import { type CreateBatchInput, createBatch } from '#lib/steps/batches/create-batch.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { readBatches } from '#lib/steps/batches/read-batches.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { retry } from '#lib/steps/batches/retry.ts';
import { reviewAgain } from '#lib/steps/batches/review-again.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { chooseColumns } from '#lib/steps/checkpoints/columns.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { findAlike } from '#lib/steps/checkpoints/find-alike.ts';
import { previewDecision } from '#lib/steps/checkpoints/preview-decision.ts';
import { readBatchLooks } from '#lib/steps/checkpoints/read-batch-looks.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { countChunkItems, readChunkItems } from '#lib/steps/checkpoints/read-chunk-items.ts';
import { readReasons } from '#lib/steps/checkpoints/read-reasons.ts';
import { readReleases } from '#lib/steps/checkpoints/read-releases.ts';
import { refuseRest } from '#lib/steps/checkpoints/refuse-rest.ts';
import { chunksOfItems } from '#lib/steps/chunks/chunks-of-items.ts';
import { readChunks } from '#lib/steps/chunks/read-chunks.ts';
import { readGrid } from '#lib/steps/chunks/read-grid.ts';
import { changeConnection } from '#lib/steps/connections/change-connection.ts';
import { deleteConnection } from '#lib/steps/connections/delete-connection.ts';
import { makeConnection } from '#lib/steps/connections/make-connection.ts';
import { readConnection, readConnections } from '#lib/steps/connections/read-connections.ts';
import { prepareConnection, testConnection } from '#lib/steps/connections/test-connection.ts';
import { changeReading } from '#lib/steps/datasets/change-reading.ts';
import { deleteDataset } from '#lib/steps/datasets/delete-dataset.ts';
import { findItems, readItem } from '#lib/steps/datasets/find-items.ts';
import { previewReading } from '#lib/steps/datasets/preview-reading.ts';
import { readDataset, readDatasetAlone, readDatasets, readUnreadable } from '#lib/steps/datasets/read-datasets.ts';
import { readLines } from '#lib/steps/datasets/read-lines.ts';
import { readOpened } from '#lib/steps/datasets/read-opened.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { renameDataset } from '#lib/steps/datasets/rename-dataset.ts';
import { uploadSource } from '#lib/steps/datasets/upload-source.ts';
import { deliverBatch } from '#lib/steps/delivery/deliver-batch.ts';
import { readDelivery } from '#lib/steps/delivery/read-delivery.ts';
import { chooseFinds } from '#lib/steps/erasure/choose-finds.ts';
import { confirmErasure } from '#lib/steps/erasure/confirm-erasure.ts';
import { lookFor } from '#lib/steps/erasure/look-for.ts';
import { readErasure, readErasureFinds, readErasures } from '#lib/steps/erasure/read-erasure.ts';
import { removePerson } from '#lib/steps/erasure/remove-person.ts';
import { readRetention } from '#lib/steps/erasure/retention.ts';
import { withdrawErasure } from '#lib/steps/erasure/withdraw-erasure.ts';
import { find } from '#lib/steps/find/find.ts';
import { acknowledgeIncident } from '#lib/steps/fleet/acknowledge-incident.ts';
import { endWorker } from '#lib/steps/fleet/end-worker.ts';
import { pauseTarget } from '#lib/steps/fleet/pause-target.ts';
import { readBoard } from '#lib/steps/fleet/read-board.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { readWorkers } from '#lib/steps/fleet/read-workers.ts';
import { resumeIncident } from '#lib/steps/fleet/resume-incident.ts';
import { findReceipts } from '#lib/steps/items/find-receipts.ts';
import { readStory } from '#lib/steps/items/read-story.ts';
import { searchReceipts } from '#lib/steps/items/search-receipts.ts';
import { listKeys } from '#lib/steps/keys/list-keys.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { revokeKey } from '#lib/steps/keys/revoke-key.ts';
import { readNeedsYou, readNextNeed } from '#lib/steps/live/read-needs-you.ts';
import { proposeCategories } from '#lib/steps/models/propose-categories.ts';
import { previewTry, tryModel } from '#lib/steps/models/try-model.ts';
import { chooseNotices, readNoticeChoices, readNotices } from '#lib/steps/notices/choose-notices.ts';
import { listNotices } from '#lib/steps/notices/list-notices.ts';
import { confirmPerson } from '#lib/steps/people/confirm-person.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { enablePerson } from '#lib/steps/people/enable-person.ts';
import { listPeople } from '#lib/steps/people/list-people.ts';
import { listReviewers } from '#lib/steps/people/list-reviewers.ts';
import { makeResetLink } from '#lib/steps/people/make-reset-link.ts';
import { resetFactors } from '#lib/steps/people/reset-factors.ts';
import { listSessionsOf, signOutPerson } from '#lib/steps/people/sessions-of.ts';
import { changeSavedPlan } from '#lib/steps/plans/change-saved-plan.ts';
import { deleteSavedPlan } from '#lib/steps/plans/delete-saved-plan.ts';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';
import { previewRevision } from '#lib/steps/plans/preview-revision.ts';
import { readLessons } from '#lib/steps/plans/read-lessons.ts';
import { readRevisions } from '#lib/steps/plans/read-revisions.ts';
import { readSavedPlan, readSavedPlans } from '#lib/steps/plans/read-saved-plans.ts';
import { reviseRules } from '#lib/steps/plans/revise-rules.ts';
import { rowsBehind } from '#lib/steps/plans/rows-behind.ts';
import { readRuleCounts, readRuleItems } from '#lib/steps/plans/rule-counts.ts';
import { savePlan } from '#lib/steps/plans/save-plan.ts';
import { teach } from '#lib/steps/plans/teach.ts';
import { readReceiptInFull } from '#lib/steps/receipts/read-receipt.ts';
import { lookAtTarget } from '#lib/steps/requests/look-at-target.ts';
import { readChunkChanges } from '#lib/steps/requests/read-chunk-changes.ts';
import { readChunkRequests } from '#lib/steps/requests/read-chunk-requests.ts';
import { readItemRequest } from '#lib/steps/requests/read-item-request.ts';
import { assign } from '#lib/steps/reviews/assign.ts';
import { claim } from '#lib/steps/reviews/claim.ts';
import { markItems } from '#lib/steps/reviews/mark-items.ts';
import { readAgreement } from '#lib/steps/reviews/read-agreement.ts';
import { readCompany } from '#lib/steps/reviews/read-company.ts';
import { listSecurity } from '#lib/steps/security/list-security.ts';
import { listShelf } from '#lib/steps/shelf/list-shelf.ts';
import { readShelfItems } from '#lib/steps/shelf/read-shelf-items.ts';
import { assignFollowUp, finishFollowUp } from '#lib/steps/tasks/change-follow-up.ts';
import { listFollowUps } from '#lib/steps/tasks/list-follow-ups.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { readUncertain } from '#lib/steps/uncertain/read-uncertain.ts';
import { previewUndo } from '#lib/steps/undo/preview-undo.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { appendWork } from '#lib/steps/work/append-work.ts';
import { awaitCheckpoint } from '#lib/steps/work/await-checkpoint.ts';
import { claimWork } from '#lib/steps/work/claim-work.ts';
import { completeWork } from '#lib/steps/work/complete-work.ts';
import { answerErrand, extendErrand, nextErrand } from '#lib/steps/work/errands.ts';
import { extendWork, leaveWork } from '#lib/steps/work/leave-work.ts';
import { readStanding } from '#lib/steps/work/read-standing.ts';
import { reportWork } from '#lib/steps/work/report-work.ts';
import { contract } from './contract.ts';

/** Who asks, and where a call leaves its result: the handler's own encoding would lose a field called `__proto__`. */
export type ApiContext = { actor: Actor; told: { value?: unknown; status?: number; error?: unknown } };

// An answer that does not fit its description must not make a failure of a write that was done: `described` looks at it instead.
const os = implement(contract).$context<ApiContext>().$config({ initialOutputValidationIndex: Number.NaN });

const steer = (
  step: (actor: Actor, which: Which) => Promise<Moved>,
  of: 'pause' | 'resume' | 'cancel' | 'acceptRest' | 'retry',
) => ({
  batch: os[of].batch.handler(({ context, input }) => step(context.actor, { batchId: input.params.id })),
  chunk: os[of].chunk.handler(({ context, input }) => step(context.actor, { batchId: input.params.id, chunk: input.params.n })),
});

export const router = os.router({
  datasets: {
    list: os.datasets.list.handler(async ({ context, input }) => {
      const { items, next } = await readDatasets(context.actor, input);
      return { items: items.map(datasetOf), next };
    }),
    read: os.datasets.read.handler(async ({ context, input }) =>
      datasetOf(found(await readDatasetAlone(context.actor, input), 'dataset')),
    ),
    items: os.datasets.items.handler(async ({ context, input }) => found(await findItems(context.actor, input), 'dataset')),
    item: os.datasets.item.handler(async ({ context, input }) => found(await readItem(context.actor, input), 'item')),
    opened: os.datasets.opened.handler(async ({ context, input }) => found(await readOpened(context.actor, input), 'item')),
    lines: os.datasets.lines.handler(async ({ context, input: { id, lines } }) =>
      found(await readLines(context.actor, { id, lines: lines.split(',').map(Number) }), 'dataset'),
    ),
    unreadable: os.datasets.unreadable.handler(async ({ context, input }) =>
      found(await readUnreadable(context.actor, input), 'dataset'),
    ),
    rename: os.datasets.rename.handler(async ({ context, input: { params, body } }) => {
      await renameDataset(context.actor, { datasetId: params.id, ...body });
      return datasetOf(found(await readDataset(context.actor, params), 'dataset'));
    }),
    delete: os.datasets.delete.handler(async ({ context, input: { params } }) => ({
      ...params,
      ...(await deleteDataset(context.actor, { datasetId: params.id })),
    })),
    reading: os.datasets.reading.handler(async ({ context, input }) =>
      found(await readReading(context.actor, { datasetId: input.id }), 'dataset'),
    ),
    changeReading: os.datasets.changeReading.handler(async ({ context, input: { params, body } }) => {
      const changed = await changeReading(context.actor, { datasetId: params.id, change: body });
      return 'reading' in changed ? { status: 200, body: changed.reading } : { status: 202, body: changed };
    }),
    previewReading: os.datasets.previewReading.handler(({ context, input: { params, body } }) =>
      previewReading(context.actor, { datasetId: params.id, change: body }),
    ),
    teach: os.datasets.teach.handler(({ context, input: { params, body } }) =>
      teach(context.actor, { datasetId: params.id, ...body }),
    ),
  },
  batches: {
    preview: os.batches.preview.handler(({ context, input }) => previewBatch(context.actor, input.body)),
    previewTry: os.batches.previewTry.handler(({ context, input }) => previewTry(context.actor, input.body)),
    tryModel: os.batches.tryModel.handler(({ context, input }) => tryModel(context.actor, input.body)),
    proposeCategories: os.batches.proposeCategories.handler(({ context, input }) => proposeCategories(context.actor, input.body)),
    rowsBehind: os.batches.rowsBehind.handler(({ context, input }) => rowsBehind(context.actor, input.body)),
    list: os.batches.list.handler(({ context, input }) => readBatches(context.actor, input)),
    create: os.batches.create.handler(async ({ context, input }) => {
      const { id } = await createBatch(context.actor, { ...input.body, plan: input.body.plan as CreateBatchInput['plan'] });
      return batchOf(context.actor, id);
    }),
    read: os.batches.read.handler(({ context, input }) => batchOf(context.actor, input.id)),
    change: os.batches.change.handler(async ({ context, input }) => {
      const { plan, ...change } = input.body;
      const batchId = input.params.id;
      await changeBatch(context.actor, { batchId, ...change, ...(plan && { plan: plan as ChangeBatchInput['plan'] }) });
      return batchOf(context.actor, batchId);
    }),
    reviewAgain: os.batches.reviewAgain.handler(async ({ context, input: { params, body } }) => {
      const { id } = await reviewAgain(context.actor, { batchId: params.id, ...body });
      return batchOf(context.actor, id);
    }),
    start: os.batches.start.handler(async ({ context, input }) => {
      await startBatch(context.actor, { batchId: input.params.id, ...input.body });
      return batchOf(context.actor, input.params.id);
    }),
    decide: os.batches.decide.handler(async ({ context, input }) => {
      const { chunks, seen = [], ...answers } = input.body;
      const batchId = input.params.id;
      // A receipt counts what was seen of its own chunk.
      const own =
        seen.length === 0 ? new Map<number, number[]>() : await chunksOfItems(context.actor, { batchId, ordinals: seen });
      return decide(context.actor, {
        batchId,
        chunks: chunks.map((chunk) => ({ ...chunk, seen: chunk.seen ?? own.get(chunk.number) })),
        ...answers,
      });
    }),
    previewDecision: os.batches.previewDecision.handler(async ({ context, input: { params, body } }) =>
      found(await previewDecision(context.actor, { batchId: params.id, ...body }), 'batch'),
    ),
    looks: os.batches.looks.handler(async ({ context, input }) =>
      found(await readBatchLooks(context.actor, { batchId: input.id, limit: input.limit }), 'batch'),
    ),
    grid: os.batches.grid.handler(async ({ context, input }) =>
      found(await readGrid(context.actor, { batchId: input.id }), 'batch'),
    ),
    releases: os.batches.releases.handler(async ({ context, input }) =>
      found(await readReleases(context.actor, { batchId: input.id }), 'batch'),
    ),
    revisions: os.batches.revisions.handler(async ({ context, input: { id, ...paging } }) =>
      found(await readRevisions(context.actor, { batchId: id, ...paging }), 'batch'),
    ),
    ruleCounts: os.batches.ruleCounts.handler(async ({ context, input: { id } }) =>
      found(await readRuleCounts(context.actor, { batchId: id }), 'batch'),
    ),
    ruleItems: os.batches.ruleItems.handler(async ({ context, input: { id, ...asked } }) =>
      found(await readRuleItems(context.actor, { batchId: id, ...asked }), 'batch'),
    ),
    revise: os.batches.revise.handler(({ context, input: { params, body } }) =>
      reviseRules(context.actor, { batchId: params.id, change: body }),
    ),
    lessons: os.batches.lessons.handler(async ({ context, input }) =>
      found(await readLessons(context.actor, { batchId: input.id }), 'batch'),
    ),
    previewRevision: os.batches.previewRevision.handler(({ context, input: { params, body } }) =>
      previewRevision(context.actor, { batchId: params.id, change: body }),
    ),
    columns: os.batches.columns.handler(({ context, input }) =>
      chooseColumns(context.actor, { batchId: input.params.id, ...input.body }),
    ),
    undo: os.batches.undo.handler(async ({ context, input }) => {
      const { dryRun = false, name, ...scope } = input.body ?? {};
      const asked = { batchId: input.params.id, ...scope };
      if (dryRun) return { id: null, ...(await previewUndo(context.actor, asked)) };
      return undoBatch(context.actor, { ...asked, ...(name === undefined ? {} : { name }) });
    }),
    agreement: os.batches.agreement.handler(async ({ context, input }) =>
      found(await readAgreement(context.actor, { batchId: input.id }), 'batch'),
    ),
    delivery: os.batches.delivery.handler(({ context, input }) => readDelivery(context.actor, { batchId: input.id })),
    push: os.batches.push.handler(({ context, input: { params, body } }) =>
      deliverBatch(context.actor, { batchId: params.id, ...body }),
    ),
    story: os.batches.story.handler(async ({ context, input: { id, ordinal } }) =>
      found(await readStory(context.actor, { batchId: id, ordinal }), 'item'),
    ),
    failures: os.batches.failures.handler(async ({ context, input: { id } }) => ({
      groups: found(await readFailures(context.actor, { batchId: id }), 'batch'),
    })),
    uncertain: os.batches.uncertain.handler(async ({ context, input: { id, ...page } }) =>
      found(await readUncertain(context.actor, { batchId: id, ...page }), 'batch'),
    ),
    answer: os.batches.answer.handler(({ context, input }) =>
      answerUncertain(context.actor, { batchId: input.params.id, ...input.body }),
    ),
  },
  plans: {
    list: os.plans.list.handler(({ context, input }) => readSavedPlans(context.actor, input)),
    save: os.plans.save.handler(async ({ context, input: { body } }) => {
      const { id } = await savePlan(context.actor, { ...body, plan: body.plan as CreateBatchInput['plan'] });
      return found(await readSavedPlan(context.actor, { id }), 'plan');
    }),
    read: os.plans.read.handler(async ({ context, input }) => found(await readSavedPlan(context.actor, input), 'plan')),
    change: os.plans.change.handler(async ({ context, input: { params, body } }) => {
      const { plan, ...change } = body;
      await changeSavedPlan(context.actor, { ...params, ...change, ...(plan && { plan: plan as CreateBatchInput['plan'] }) });
      return found(await readSavedPlan(context.actor, params), 'plan');
    }),
    delete: os.plans.delete.handler(({ context, input }) => deleteSavedPlan(context.actor, input.params)),
  },
  connections: {
    list: os.connections.list.handler(({ context, input }) => readConnections(context.actor, input)),
    make: os.connections.make.handler(async ({ context, input: { body } }) =>
      found(await readConnection(context.actor, await makeConnection(context.actor, body)), 'connection'),
    ),
    read: os.connections.read.handler(async ({ context, input }) =>
      found(await readConnection(context.actor, input), 'connection'),
    ),
    change: os.connections.change.handler(async ({ context, input: { params, body } }) =>
      found(await readConnection(context.actor, await changeConnection(context.actor, { ...params, ...body })), 'connection'),
    ),
    delete: os.connections.delete.handler(({ context, input }) => deleteConnection(context.actor, input.params)),
    test: os.connections.test.handler(({ context, input: { params, body } }) =>
      testConnection(context.actor, { ...params, ...body }),
    ),
    prepare: os.connections.prepare.handler(({ context, input }) => prepareConnection(context.actor, input.params)),
    collect: os.connections.collect.handler(async ({ context, input: { params, body } }) => {
      const { id, same } = await uploadSource(context.actor, { connection: params.id, ...body });
      return { ...datasetOf(found(await readDataset(context.actor, { id }), 'dataset')), same };
    }),
  },
  chunks: {
    list: os.chunks.list.handler(async ({ context, input: { id, ...page } }) =>
      found(await readChunks(context.actor, { batchId: id, ...page }), 'batch'),
    ),
    read: os.chunks.read.handler(async ({ context, input: { id, n } }) =>
      checkpointOf(found(await readCheckpoint(context.actor, { batchId: id, chunk: n }), 'chunk')),
    ),
    items: os.chunks.items.handler(async ({ context, input: { id, n, ...page } }) =>
      found(await readChunkItems(context.actor, { batchId: id, chunk: n, ...page }), 'chunk'),
    ),
    count: os.chunks.count.handler(async ({ context, input: { id, n, ...filter } }) =>
      found(await countChunkItems(context.actor, { batchId: id, chunk: n, ...filter }), 'chunk'),
    ),
    reasons: os.chunks.reasons.handler(async ({ context, input: { id, n } }) =>
      found(await readReasons(context.actor, { batchId: id, chunk: n }), 'chunk'),
    ),
    correct: os.chunks.correct.handler(({ context, input: { params, query, body } }) =>
      correct(context.actor, { batchId: params.id, chunk: params.n, corrections: body, how: query?.how }),
    ),
    like: os.chunks.like.handler(({ context, input: { params, body } }) =>
      findAlike(context.actor, { batchId: params.id, chunk: params.n, ...body }),
    ),
    mark: os.chunks.mark.handler(({ context, input }) =>
      markItems(context.actor, { batchId: input.params.id, chunk: input.params.n, reviews: input.body }),
    ),
    company: os.chunks.company.handler(async ({ context, input: { id, n, ...since } }) =>
      found(await readCompany(context.actor, { batchId: id, chunk: n, ...since }), 'chunk'),
    ),
    assign: os.chunks.assign.handler(({ context, input }) => assign(context.actor, { batchId: input.params.id, ...input.body })),
    claim: os.chunks.claim.handler(({ context, input }) =>
      claim(context.actor, { batchId: input.params.id, chunk: input.params.n, ...input.body }),
    ),
    decide: os.chunks.decide.handler(({ context, input }) => {
      const { digest, revision, seen, ...answers } = input.body;
      return decide(context.actor, {
        batchId: input.params.id,
        chunks: [{ number: input.params.n, digest, revision, seen }],
        ...answers,
      });
    }),
    request: os.chunks.request.handler(async ({ context, input: { id, n, whole, ...of } }) =>
      found(await readItemRequest(context.actor, { batchId: id, chunk: n, whole: whole === 'true', ...of }), 'item'),
    ),
    look: os.chunks.look.handler(async ({ context, input: { params, body } }) =>
      found(await lookAtTarget(context.actor, { batchId: params.id, chunk: params.n, ordinal: params.ordinal, ...body }), 'item'),
    ),
    requests: os.chunks.requests.handler(async ({ context, input: { id, n } }) =>
      found(await readChunkRequests(context.actor, { batchId: id, chunk: n }), 'chunk'),
    ),
    changes: os.chunks.changes.handler(async ({ context, input: { id, n, after } }) =>
      found(await readChunkChanges(context.actor, { batchId: id, chunk: n, after }), 'chunk'),
    ),
    refuseRest: os.chunks.refuseRest.handler(({ context, input: { params, body } }) =>
      refuseRest(context.actor, { batchId: params.id, chunk: params.n, ...body }),
    ),
  },
  find: { all: os.find.all.handler(({ context, input, signal }) => find(context.actor, { ...input, signal })) },
  receipts: {
    list: os.receipts.list.handler(async ({ context, input: { id, ...page } }) =>
      found(await findReceipts(context.actor, { batchId: id, ...page }), 'batch'),
    ),
    search: os.receipts.search.handler(({ context, input }) => searchReceipts(context.actor, input)),
    read: os.receipts.read.handler(async ({ context, input: { id, receipt, whole } }) => {
      const [chunk = 0, seq = 0] = receipt.split('-').map(Number);
      return found(await readReceiptInFull(context.actor, { batchId: id, chunk, seq, whole: whole === 'true' }), 'receipt');
    }),
  },
  tasks: {
    list: os.tasks.list.handler(({ context, input }) => listFollowUps(context.actor, input)),
    done: os.tasks.done.handler(({ context, input }) => finishFollowUp(context.actor, { ...input.params, ...input.body })),
    assign: os.tasks.assign.handler(({ context, input }) => assignFollowUp(context.actor, { ...input.params, ...input.body })),
  },
  pause: steer(pause, 'pause'),
  resume: {
    ...steer(resume, 'resume'),
    batch: os.resume.batch.handler(({ context, input: { params, body } }) =>
      resume(context.actor, { batchId: params.id, ...(body?.atMost !== undefined && { atMost: body.atMost }) }),
    ),
  },
  cancel: steer(cancel, 'cancel'),
  acceptRest: steer(acceptRest, 'acceptRest'),
  retry: steer(retry, 'retry'),
  needsYou: {
    read: os.needsYou.read.handler(({ context }) => readNeedsYou(context.actor)),
    next: os.needsYou.next.handler(async ({ context, input: { batch: batchId, chunk } }) => ({
      next: await readNextNeed(context.actor, { batchId, chunk }),
    })),
  },
  reviewers: {
    list: os.reviewers.list.handler(async ({ context }) => ({ items: await listReviewers(context.actor), next: null })),
  },
  incidents: {
    list: os.incidents.list.handler(async ({ context, input }) => ({
      items: await readIncidents(context.actor, input),
      next: null,
    })),
    acknowledge: os.incidents.acknowledge.handler(({ context, input }) => acknowledgeIncident(context.actor, input.params)),
    resume: os.incidents.resume.handler(({ context, input }) => resumeIncident(context.actor, input.params)),
  },
  people: {
    list: os.people.list.handler(async ({ context }) => ({ items: (await listPeople(context.actor)).people, next: null })),
    disable: os.people.disable.handler(({ context, input }) => disablePerson(context.actor, { personId: input.params.id })),
    enable: os.people.enable.handler(({ context, input }) => enablePerson(context.actor, { personId: input.params.id })),
    confirm: os.people.confirm.handler(({ context, input }) => confirmPerson(context.actor, { personId: input.params.id })),
    sessions: os.people.sessions.handler(async ({ context, input }) => ({
      items: await listSessionsOf(context.actor, { personId: input.id }),
      next: null,
    })),
    signOut: os.people.signOut.handler(({ context, input }) => signOutPerson(context.actor, { personId: input.params.id })),
    resetLink: os.people.resetLink.handler(({ context, input }) => makeResetLink(context.actor, { personId: input.params.id })),
    resetFactors: os.people.resetFactors.handler(({ context, input }) =>
      resetFactors(context.actor, { personId: input.params.id }),
    ),
    remove: os.people.remove.handler(({ context, input }) =>
      removePerson(context.actor, { personId: input.params.id, ...input.body }),
    ),
  },
  erasures: {
    list: os.erasures.list.handler(({ context, input }) => readErasures(context.actor, input)),
    lookFor: os.erasures.lookFor.handler(({ context, input }) => lookFor(context.actor, input.body)),
    read: os.erasures.read.handler(async ({ context, input }) => found(await readErasure(context.actor, input), 'erasure')),
    finds: os.erasures.finds.handler(({ context, input }) => readErasureFinds(context.actor, input)),
    choose: os.erasures.choose.handler(({ context, input }) =>
      chooseFinds(context.actor, { id: input.params.id, ...input.body }),
    ),
    confirm: os.erasures.confirm.handler(({ context, input }) =>
      confirmErasure(context.actor, { id: input.params.id, ...input.body }),
    ),
    withdraw: os.erasures.withdraw.handler(({ context, input }) => withdrawErasure(context.actor, input.params)),
    retention: os.erasures.retention.handler(({ context }) => readRetention(context.actor)),
  },
  keys: {
    list: os.keys.list.handler(({ context, input: { everybody, ...paging } }) =>
      listKeys(context.actor, { everybody: everybody === 'true', ...paging }),
    ),
    make: os.keys.make.handler(({ context, input }) => makeKey(context.actor, input.body)),
    revoke: os.keys.revoke.handler(({ context, input }) => revokeKey(context.actor, { keyId: input.params.id })),
  },
  notices: {
    list: os.notices.list.handler(({ context, input }) => listNotices(context.actor, input)),
    read: os.notices.read.handler(({ context, input }) => readNotices(context.actor, input.body)),
    choices: os.notices.choices.handler(({ context }) => readNoticeChoices(context.actor)),
    choose: os.notices.choose.handler(({ context, input }) => chooseNotices(context.actor, input.body)),
  },
  security: { list: os.security.list.handler(({ context, input }) => listSecurity(context.actor, input)) },
  shelf: {
    list: os.shelf.list.handler(({ context, input }) => listShelf(context.actor, input)),
    items: os.shelf.items.handler(async ({ context, input }) => found(await readShelfItems(context.actor, input), 'batch')),
  },
  workers: {
    list: os.workers.list.handler(async ({ context }) => ({ items: await readWorkers(context.actor), next: null })),
    drain: os.workers.drain.handler(({ context, input }) => endWorker(context.actor, { id: input.params.id, wish: 'drain' })),
    stop: os.workers.stop.handler(({ context, input }) => endWorker(context.actor, { id: input.params.id, wish: 'stop' })),
  },
  targets: { pause: os.targets.pause.handler(({ context, input }) => pauseTarget(context.actor, input.body)) },
  board: { read: os.board.read.handler(({ context }) => readBoard(context.actor)) },
  work: {
    claim: os.work.claim.handler(({ context, input }) =>
      claimWork(context.actor, { batchId: input.params.id, asked: input.body }),
    ),
    report: os.work.report.handler(({ context, input: { params, body } }) =>
      reportWork(context.actor, { batchId: params.id, chunk: params.n, report: body }),
    ),
    extend: os.work.extend.handler(({ context, input: { params, body } }) =>
      extendWork(context.actor, { batchId: params.id, chunk: params.n, extended: body }),
    ),
    complete: os.work.complete.handler(({ context, input: { params, body } }) =>
      completeWork(context.actor, { batchId: params.id, chunk: params.n, completed: body }),
    ),
    release: os.work.release.handler(({ context, input: { params, body } }) =>
      leaveWork(context.actor, { batchId: params.id, chunk: params.n, released: body }),
    ),
    append: os.work.append.handler(({ context, input: { params, body } }) =>
      appendWork(context.actor, { batchId: params.id, chunk: params.n, append: body }),
    ),
    errand: os.work.errand.handler(({ context, input }) =>
      nextErrand(context.actor, { batchId: input.params.id, asked: input.body }),
    ),
    answerErrand: os.work.answerErrand.handler(({ context, input: { params, body } }) =>
      answerErrand(context.actor, { batchId: params.id, errand: params.errand, answered: body }),
    ),
    extendErrand: os.work.extendErrand.handler(({ context, input: { params, body } }) =>
      extendErrand(context.actor, { batchId: params.id, errand: params.errand, extended: body }),
    ),
    standing: os.work.standing.handler(({ context, input }) => readStanding(context.actor, { batchId: input.id })),
    checkpoint: os.work.checkpoint.handler(({ context, input: { id: batchId, ...asked }, signal }) =>
      awaitCheckpoint(context.actor, { batchId, ...asked, signal }),
    ),
  },
});

/** Throws `not_found` for what a read did not find. */
function found<Value>(
  value: Value | null,
  what: 'batch' | 'chunk' | 'connection' | 'dataset' | 'erasure' | 'item' | 'plan' | 'receipt',
): Value {
  if (value === null) throw new CountersignError('not_found', `There is no such ${what}.`);
  return value;
}

/** What of a value the description tells of. One that does not fit goes out as it is, and to the log. */
export function described(schema: StandardSchema | undefined, value: unknown, path: string): unknown {
  const read = schema?.['~standard'].validate(value);
  if (!read || read instanceof Promise) return value;
  if (!read.issues) return read.value;
  log.error({ path, issues: read.issues.slice(0, 5) }, 'an answer does not fit its description');
  return value;
}

type StandardSchema = NonNullable<AnyContractProcedure['~orpc']['outputSchema']>;

/** A dataset in the words of the API. */
export function datasetOf({ itemCount, unreadableCount, ...view }: DatasetView) {
  return { ...view, items: itemCount, unreadable: unreadableCount };
}

async function batchOf(actor: Actor, batchId: string) {
  return found(await readBatch(actor, { batchId }), 'batch');
}

function checkpointOf(view: CheckpointView) {
  const { chunk, digest, revision, total, problems, first, evidence, firstReceipts, two, decided, decisions } = view;
  return {
    number: chunk.number,
    name: chunk.name,
    state: chunk.state,
    total,
    counts: Object.fromEntries(view.categories.map(({ name, count }) => [name, count])),
    digest,
    revision,
    samples: view.categories.flatMap(({ sampleRandom, sampleUnsure }) => [...sampleRandom, ...sampleUnsure]),
    categories: view.categories.map(({ name, count, action }) => ({ name, count, action })),
    problems,
    first,
    firstReceipts,
    two,
    evidence,
    chunk,
    decided,
    decisions,
  };
}
