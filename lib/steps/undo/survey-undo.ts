/**
 * What of a batch can be undone, receipt by receipt, and why the rest can't. The preview and the undo itself both walk this way, so that what
 * was shown is what is made.
 */
import type { Done } from '#lib/connectors/port.ts';
import { connectorFor, versionOf } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_AT_REST, CHUNK_SETTLED } from '#lib/core/lifecycle.ts';
import { UNDO_ORDINALS_NAMED, UNDO_PAGE_ITEMS } from '#lib/core/limits.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import type { CannotUndo, UndoCovers, UndoScope } from '#lib/shapes/undo.ts';
import { readTaken } from '#lib/store/batches/rest.sql.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import type { Querying, WithModels } from '#lib/store/postgres/db.ts';
import {
  type ActionToUndo,
  type ChunkToUndo,
  type EarlierUndo,
  readActionsToUndo,
  readChunksToUndo,
  readEarlierUndos,
  strangersTo,
} from '#lib/store/undo/undo.sql.ts';
import type { UndoItem } from '#lib/store/undo/undo.ts';

export type UndoSurvey = Pick<UndoCovers, 'restorable' | 'cannot'> & {
  /** in the plan's order, each with what undoes it */
  categories: (Omit<UndoCovers['categories'][number], 'action'> & { action: Action | null })[];
};

type Each = (chunk: ChunkToUndo, items: UndoItem[]) => Promise<void>;

/**
 * Walks the actions of the scope. `each` gets what can be undone, page by page, in the order of the chunks.
 * @throws CountersignError `invalid` for a chunk, category or item that the batch does not have
 */
export async function surveyUndo(
  client: Querying,
  models: WithModels,
  batch: BatchRow,
  scope: UndoScope,
  each: Each,
): Promise<UndoSurvey> {
  const chunks = await chunksInScope(client, batch, scope);
  const undonePlan = batch.undoes === null ? null : ((await readBatchRow(models, batch.undoes))?.plan ?? null);
  const actions = actionsOf(batch.plan);
  const undone = actionsOf(undonePlan);
  const tally = makeTally();
  const told = new Set<number>();
  for (const chunk of chunks) {
    for (let after = 0; ; ) {
      const rows = await readActionsToUndo(client, batch.id, chunk, {
        category: scope.category ?? null,
        ordinals: scope.ordinals ?? null,
        after,
        limit: UNDO_PAGE_ITEMS,
      });
      if (rows.length === 0) break;
      after = rows[rows.length - 1]?.ordinal ?? after;
      for (const { ordinal } of rows) told.add(ordinal);
      const open = await withoutRefused(client, batch, chunk, rows, tally);
      const items = await invert(client, batch, open, { actions, undone }, tally);
      if (items.length > 0) await each(chunk, items);
      if (scope.ordinals === undefined) told.clear();
    }
  }
  for (const ordinal of scope.ordinals ?? []) if (!told.has(ordinal)) tally.cannot(null, ordinal, 'nothing was done with it');
  return tally.survey(batch);
}

async function chunksInScope(client: Querying, batch: BatchRow, scope: UndoScope): Promise<ChunkToUndo[]> {
  const { chunks: numbers, category, ordinals } = scope;
  if (category !== undefined && !batch.plan.categories.some(({ name }) => name === category)) {
    const known = batch.plan.categories.map(({ name }) => name).join(', ');
    throw new CountersignError('invalid', `This batch has no category “${category}”. Choose one of: ${known}.`);
  }
  if (ordinals) {
    const [stranger] = await strangersTo(client, batch.id, ordinals);
    if (stranger !== undefined) throw new CountersignError('invalid', `Item ${stranger} is not in this batch.`);
  }
  const chunks = await readChunksToUndo(client, batch.id, numbers ?? null, null);
  const missing = numbers?.find((number) => !chunks.some((chunk) => chunk.number === number));
  if (missing !== undefined) throw new CountersignError('invalid', `This batch has no chunk ${missing}.`);
  return ordinals ? readChunksToUndo(client, batch.id, numbers ?? null, ordinals) : chunks;
}

function actionsOf(plan: BatchRow['plan'] | null): Map<string, Action> {
  return new Map((plan?.categories ?? []).flatMap(({ name, action }) => (action ? [[name, action] as const] : [])));
}

/** Those that happened and that no other undo has; the others are told with their reason. */
async function withoutRefused(
  client: Querying,
  batch: BatchRow,
  chunk: ChunkToUndo,
  rows: ActionToUndo[],
  tally: Tally,
): Promise<ActionToUndo[]> {
  const ordinals = rows.map(({ ordinal }) => ordinal);
  const byOrdinal = Map.groupBy(await readEarlierUndos(client, batch.id, ordinals), ({ ordinal }) => ordinal);
  const taken = batch.undoes === null ? null : await readTaken(client, batch.undoes, ordinals);
  return rows.filter((row) => {
    const why = CHUNK_SETTLED.includes(chunk.state)
      ? (notDone(row) ?? undoneAlready(byOrdinal.get(row.ordinal) ?? []) ?? takenBy(taken?.get(row.ordinal)))
      : 'its chunk is not finished: wait for its end, or stop it';
    if (why !== null) tally.cannot(row.category, row.ordinal, why);
    return why === null;
  });
}

function notDone({ kind, result }: ActionToUndo): string | null {
  if (kind === null || result === 'not_executed' || result === 'skipped') return 'it was not done';
  if (kind === 'intent') return 'its request is in flight, and the outcome is not known yet';
  if (result === 'failed') return 'it failed, so there is nothing to undo';
  if (result === 'uncertain' || result === 'abandoned') return 'it is uncertain whether it happened';
  return null;
}

function undoneAlready(earlier: EarlierUndo[]): string | null {
  for (const { batchName, chunkState, result, undoneBy } of earlier) {
    if (result === 'succeeded' && undoneBy !== null)
      return `“${batchName}” undid it, and “${undoneBy}” did it again: undo “${undoneBy}” instead`;
    if (result === 'succeeded') return `“${batchName}” undid it already`;
    if (result === 'uncertain' || result === 'abandoned') return `it is uncertain whether “${batchName}” undid it`;
    if (!CHUNK_AT_REST.includes(chunkState)) return `“${batchName}” is about to undo it`;
  }
  return null;
}

/** What was undone and is reviewed again would be done twice. */
const takenBy = (name: string | undefined): string | null =>
  name === undefined ? null : `“${name}” reviews it again: what is done next is decided there`;

type Plans = { actions: Map<string, Action>; undone: Map<string, Action> };

/** Asks each connector for what would undo its own. */
async function invert(client: Querying, batch: BatchRow, rows: ActionToUndo[], plans: Plans, tally: Tally): Promise<UndoItem[]> {
  const items: UndoItem[] = [];
  for (const [name, own] of Map.groupBy(rows, ({ connector }) => connector)) {
    const connector = connectorFor(name);
    const known = own.filter(({ category, ordinal, version }) => {
      if (version >= connector.since && version <= connector.version) return true;
      tally.cannot(category, ordinal, 'it was done by a version of Countersign that this one does not know');
      return false;
    });
    const there = known.flatMap(({ request, ...row }) => {
      if (request !== null && !row.undoneErased) return [{ ...row, request }];
      tally.cannot(row.category, row.ordinal, 'what it sent was erased');
      return [];
    });
    const undos = await connector.undo(
      client,
      there.map((row) => doneOf(batch, row, plans)),
    );
    there.forEach((row, index) => {
      const undo = undos[index];
      if (undo === undefined) throw new Error(`${name} answered ${undos.length} of ${there.length} undos.`);
      if ('cannot' in undo) {
        tally.cannot(row.category, row.ordinal, undo.cannot);
        return;
      }
      if (row.step === null || row.leaf === null) throw new Error(`Item ${row.ordinal} has no receipt.`);
      tally.can(row.category, undo.action);
      items.push({
        ordinal: row.ordinal,
        step: row.step,
        leaf: row.leaf,
        category: row.category,
        connector: name,
        connection: undo.action.connection,
        do: undo.action.do,
        version: versionOf(connector, undo.action),
        request: undo.request,
        undoneDigest: row.requestDigest,
      });
    });
  }
  return items;
}

function doneOf(batch: BatchRow, row: ActionToUndo & { request: Buffer }, { actions, undone }: Plans): Done {
  const intent = row.intent ? readReceipt(row.intent) : null;
  const last = row.body ? readReceipt(row.body) : null;
  const action = actions.get(row.category);
  if (intent?.kind !== 'intent' || !action) throw new Error(`Item ${row.ordinal} was done without an intent.`);
  const original = undone.get(row.category);
  return {
    datasetId: batch.datasetId,
    ordinal: row.ordinal,
    action,
    request: row.request,
    idempotencyKey: intent.idempotencyKey,
    target: last?.kind === 'outcome' ? last.target : null,
    before: last?.kind === 'outcome' ? last.before : null,
    reason: last?.kind === 'outcome' ? last.reason : null,
    undid: row.undone && original ? { action: original, request: row.undone } : null,
  };
}

type Tally = ReturnType<typeof makeTally>;

function makeTally() {
  const reasons = new Map<string, CannotUndo>();
  const categories = new Map<string, { restorable: number; cannot: number; action: Action | null }>();
  const of = (name: string) => {
    const found = categories.get(name) ?? { restorable: 0, cannot: 0, action: null };
    categories.set(name, found);
    return found;
  };
  return {
    can(category: string, action: Action): void {
      const one = of(category);
      one.restorable += 1;
      one.action ??= action;
    },
    cannot(category: string | null, ordinal: number, why: string): void {
      if (category !== null) of(category).cannot += 1;
      const reason = reasons.get(why) ?? { why, count: 0, ordinals: [] };
      reason.count += 1;
      if (reason.ordinals.length < UNDO_ORDINALS_NAMED) reason.ordinals.push(ordinal);
      reasons.set(why, reason);
    },
    survey({ plan }: BatchRow): UndoSurvey {
      const named = plan.categories.flatMap(({ name }) => {
        const found = categories.get(name);
        return found ? [{ name, ...found }] : [];
      });
      return {
        restorable: named.reduce((sum, { restorable }) => sum + restorable, 0),
        cannot: [...reasons.values()].sort((a, b) => b.count - a.count),
        categories: named,
      };
    },
  };
}
