/** Batches that mix every kind of target, made by the steps that the pages use. */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { changeBatch } from '#lib/steps/batches/change-batch.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { reviewAgain } from '#lib/steps/batches/review-again.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import type { RunningTarget } from '#test/target.ts';
import { MAILS, type Outside, ROWS } from './outside.ts';
import { patiently } from './server.ts';

export const ADA: Actor = { id: `user:${randomUUID()}`, role: 'admin', name: 'Ada', via: 'page' };

/** `keeping` honours keys; `forgetful` does not. There are no mails where Dovecot can't be had. */
export type Targets = {
  keeping: RunningTarget;
  forgetful: RunningTarget;
  rows: Outside;
  errands: Outside;
  mails: Outside | null;
};

/** In this order the items of a batch come, so that what is in flight together mixes both remote kinds. */
const KINDS = [
  'keys',
  'asked',
  'shelf',
  'keys',
  'once',
  'task',
  'both',
  'row',
  'errand',
  'mail',
  'label',
  'keep',
  'gone',
] as const;

export type SoakBatch = {
  name: string;
  path: string;
  /** the name of the batch whose rows these are: by it a row or a mail elsewhere is known */
  own: string;
  isUndo: boolean;
  batchId: string;
  items: number;
  /** what its person says to the first few: the rest is not sent, and reviewed again */
  saysNo?: boolean;
};

export type Shape = {
  items: number;
  chunkItems: number;
  concurrency: number;
  first: number;
  ratePerSecond: number | null;
  /** of a target that fails; otherwise a failing target is not to be left alone */
  haltAfter: number | null;
};

/** How long a request may take: a target that never answers must not keep the soak waiting. */
const REQUEST_MS = 1_000;

/** Planned, not started. Its requests go to a path of its own. */
export async function proposedBatch(targets: Targets, name: string, shape: Shape): Promise<SoakBatch> {
  const path = `/${name}`;
  const kinds = KINDS.filter((kind) => kind !== 'mail' || targets.mails !== null);
  const kindAt = (ordinal: number): (typeof KINDS)[number] => kinds[(ordinal - 1) % kinds.length] as (typeof KINDS)[number];
  const ordinals = Array.from({ length: shape.items }, (_, at) => at + 1);
  const rows = ordinals.map((ordinal) => `mail ${ordinal},${kindAt(ordinal)},${idOf(name, ordinal)}`);
  const file = Buffer.from(`subject,kind,id\n${rows.join('\n')}\n`);
  const [put, sent] = [
    ordinals.filter((one) => ['row', 'gone'].includes(kindAt(one))),
    ordinals.filter((one) => kindAt(one) === 'mail'),
  ];
  await Promise.all([targets.rows.put(name, put), targets.mails?.put(name, sent)]);
  const dataset = await patiently(() => uploadDataset(ADA, { name: `${name}.csv`, source: bytes(file) }));
  const plan = planOf(targets, path, shape);
  const batch = await patiently(() => createBatch(ADA, { datasetId: dataset.id, name, plan: plan as never }));
  return { name, path, own: name, isUndo: false, batchId: batch.id, items: shape.items };
}

function planOf(targets: Targets, path: string, shape: Shape): PlanInput {
  const inspect = { url: `${targets.forgetful.url}/by-key/{{idempotencyKey}}`, happened: { contains: '{{subject}}' } };
  const post = (target: RunningTarget, honoursKeys: boolean, asked: boolean) => ({
    ...{ connector: 'http', do: 'POST', honoursKeys },
    with: {
      ...{ url: `${target.url}${path}`, body: { subject: '{{subject}}' }, timeoutMs: REQUEST_MS },
      ...(asked && { inspect }),
      undo: { do: 'POST', url: `${target.url}${undoPath(path)}`, body: { subject: '{{subject}}', target: '{{target}}' } },
    },
  });
  return {
    classifier: {
      kind: 'rules',
      rules: KINDS.filter(
        (kind, at) => kind !== 'keep' && (kind !== 'mail' || targets.mails !== null) && KINDS.indexOf(kind) === at,
      ).map((kind) => ({
        when: `item.kind == '${kind}'`,
        category: kind,
      })),
      otherwise: 'keep',
    },
    categories: [
      { name: 'keys', action: post(targets.keeping, true, false) },
      { name: 'once', action: post(targets.forgetful, false, false) },
      { name: 'asked', action: post(targets.forgetful, false, true) },
      { name: 'shelf', action: { connector: 'shelf', do: 'archive' } },
      { name: 'task', action: { connector: 'task', do: 'create', with: { title: '{{subject}}' } } },
      { name: 'both', action: { connector: 'task', do: 'create', with: { title: '{{subject}}', thenShelf: 'archive' } } },
      {
        name: 'row',
        action: {
          ...{ connector: 'sql', connection: ROWS, do: 'update' },
          with: { table: 'public.things', key: { id: '{{id}}' }, set: { state: 'done' }, only: { state: 'new' } },
        },
      },
      {
        name: 'gone',
        action: { connector: 'sql', connection: ROWS, do: 'delete', with: { table: 'public.spare', key: { id: '{{id}}' } } },
      },
      ...(targets.mails === null
        ? []
        : [
            {
              name: 'mail',
              action: {
                ...{ connector: 'imap', connection: MAILS, do: 'archive' },
                with: { folder: 'INBOX', messageId: '{{id}}', timeoutMs: REQUEST_MS },
              },
            },
          ]),
      {
        name: 'errand',
        action: { connector: 'agent', do: 'do', with: { instruction: 'Do {{subject}}.', fields: ['id'], minutes: 5 } },
      },
      { name: 'label', action: { connector: 'none', do: 'label' } },
      { name: 'keep' },
    ],
    chunking: { by: 'size', maxItems: shape.chunkItems },
    gates: { next: 'parallel' },
    execution: {
      concurrency: shape.concurrency,
      first: shape.first,
      ratePerSecond: shape.ratePerSecond,
      haltAfter: { consecutive: shape.haltAfter ?? 1_000_000, share: 1 },
    },
    receiptFields: ['subject'],
  };
}

/** The undos that a No made, and that nobody has brought to an end yet. */
export async function undosBegun({ server }: { server: { pool: Pool } }, batch: SoakBatch): Promise<SoakBatch[]> {
  const { rows } = await patiently(() =>
    server.pool.query<{ id: string; items: number }>(
      `SELECT b.id, (SELECT sum(item_count)::int FROM chunk WHERE batch_id = b.id) AS items FROM batch b
       WHERE b.undoes = $1 AND b.state NOT IN ('finished', 'cancelled') ORDER BY b.created_at`,
      [batch.batchId],
    ),
  );
  return rows.map(({ id, items }) => ({
    ...{ name: `${batch.name}-undo`, path: undoPath(batch.path), own: batch.own, isUndo: !batch.isUndo },
    ...{ batchId: id, items },
  }));
}

/**
 * What a batch left unsent, as batches of its own that are started: empty where it left nothing. Two people ask for it at once, and whoever comes second is refused, or the
 * judge sees it. Their requests go to paths of their own, for what a target did is told apart by that.
 */
export async function restsOf(targets: Targets, batch: SoakBatch, shape: Shape): Promise<SoakBatch[]> {
  const asked = () => patiently(() => reviewAgain(ADA, { batchId: batch.batchId })).catch(unlessRefused);
  const made = [...(await Promise.all([asked(), asked()])), await asked()].filter((one) => one !== null);
  const rests: SoakBatch[] = [];
  for (const [at, { id, items }] of made.entries()) {
    const name = `${batch.name}-again${at > 0 ? `-${at}` : ''}`;
    const path = `/${name}`;
    const view = await patiently(() => readBatch(ADA, { batchId: id }));
    const { classifier } = view?.plan ?? {};
    const plan = { ...planOf(targets, path, shape), ...(classifier && { classifier }) };
    const change = () => changeBatch(ADA, { batchId: id, planDigest: view?.planDigest ?? '', name, plan: plan as never });
    // The second of two with the same items is refused here, or made in spite of it: then the judge sees it.
    await patiently(change).catch(unlessRefused);
    await patiently(() => startBatch(ADA, { batchId: id })).catch(unlessRefused);
    rests.push({ name, path, own: batch.own, isUndo: batch.isUndo, batchId: id, items });
  }
  return rests;
}

function unlessRefused(error: unknown): null {
  if (error instanceof CountersignError) return null;
  throw error;
}

/** By which a row, or a mail, elsewhere is that of an item. */
export const idOf = (own: string, ordinal: number): string => `${own}.${ordinal}`;

const undoPath = (path: string): string => `${path}-undo`;

/** Its undo, started; null where the product says that there is nothing to undo. */
export async function undoOf(batch: SoakBatch): Promise<SoakBatch | null> {
  const undone = await undoBatch(ADA, { batchId: batch.batchId }).catch(unlessRefused);
  if (!undone) return null;
  const items = undone.chunks.reduce((sum, chunk) => sum + chunk.items, 0);
  return {
    ...{ name: `${batch.name}-undo`, path: undoPath(batch.path), own: batch.own, isUndo: !batch.isUndo },
    ...{ batchId: undone.id, items },
  };
}

async function* bytes(file: Buffer): AsyncGenerator<Uint8Array> {
  yield file;
}
