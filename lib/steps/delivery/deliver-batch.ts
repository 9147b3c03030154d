/**
 * What a batch did here goes out: the commits that its changes come to are made, and a batch of its own asks whether they are to be pushed. That batch has a dataset of one row
 * for each branch, and is reviewed, approved and receipted like any other: there is no second way to act (docs/git.md).
 */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { allInto } from '#lib/classifiers/registry.ts';
import type { Delivery } from '#lib/connectors/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_NAME_CHARS_MAX, GIT_TIMEOUT_MS } from '#lib/core/limits.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import { type DeliveryView, deliveryAsked } from '#lib/shapes/delivery.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { deliveringOf } from './read-delivery.ts';

const input = z.strictObject({ batchId: z.uuid(), ...deliveryAsked });

type Ready = Delivery & { connector: string; fields: Record<string, string> };

/**
 * Makes and starts a batch for the push over each connection. What can't go out is told, and waits on.
 *
 * @throws CountersignError `conflict` (nothing waits, or a connection or branch is gone), `invalid` (no name of a branch), `unavailable` (a server can't be
 *   read), `not_found`, `forbidden`
 */
export async function deliverBatch(actor: Actor, raw: z.input<typeof input>): Promise<DeliveryView> {
  authorise(actor, 'push');
  const { batchId, to } = readInput(input, raw);
  const batch = await readBatchRow(db(), batchId);
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  const delivering = deliveringOf(batch.plan);
  const signal = AbortSignal.timeout(GIT_TIMEOUT_MS);
  const gathered: (Delivery & { connector: string })[] = [];
  for (const { name, delivers } of delivering)
    for (const one of await delivers.gather(batchId, { to: to ?? null }, signal)) gathered.push({ ...one, connector: name });
  if (gathered.length === 0) throw new CountersignError('conflict', `“${batch.name}” has nothing that waits for a push.`);
  const pushes = new Map<string, string>();
  for (const [connection, all] of Map.groupBy(gathered, ({ connection }) => connection)) {
    const ready = all.flatMap((one): Ready[] => (one.fields === null ? [] : [one]));
    if (ready.length > 0) pushes.set(connection, await batchOf(actor, batch.name, ready));
  }
  return {
    places: gathered.map((one) => ({
      ...{ connection: one.connection, branch: one.where, left: one.left },
      ...(one.fields === null ? { items: 0, push: null } : { items: one.items, push: pushes.get(one.connection) ?? null }),
    })),
  };
}

/** Of rows that go over one connection by one action. */
async function batchOf(actor: Actor, of: string, ready: readonly Ready[]): Promise<string> {
  const [first] = ready;
  if (!first) throw new Error('There is nothing to send.');
  const full = `Push of ${of}`;
  const name = full.length <= BATCH_NAME_CHARS_MAX ? full : `${beginOf(full, BATCH_NAME_CHARS_MAX - 1)}…`;
  const source = (async function* () {
    for (const { fields } of ready) yield Buffer.from(`${JSON.stringify(fields)}\n`);
  })();
  const dataset = await uploadDataset(actor, { name: `${name}.jsonl`, source });
  const { connector, connection, action } = first;
  const plan = {
    version: 2,
    classifier: allInto(PUSH, 'Its changes were approved, one by one.'),
    categories: [
      { name: PUSH, action: { connector, connection, do: action.do, with: action.with } },
      { name: 'leave as it is', action: null },
    ],
    chunking: { by: 'size' },
    gates: { next: 'parallel' },
    receiptFields: ['connection', 'to', 'commits', 'tip'],
  };
  const { id } = await createBatch(actor, { datasetId: dataset.id, name, plan, start: true });
  return id;
}

const PUSH = 'push';
