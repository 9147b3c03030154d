/**
 * The shelf: items are put away inside Countersign, and can be taken back. An item is on a shelf while it has an entry there that
 * was not restored.
 */
import { z } from 'zod';
import type { Action } from '../core/plan.ts';
import { canonicalBytes } from '../ledger/canonical.ts';
import { readParameters, requireDo, requireNoConnection } from './parameters.ts';
import type { ApplyInput, ApplyResult, TransactionalConnector, Wording } from './port.ts';

type Client = Parameters<TransactionalConnector['applyMany']>[0];

const parameters = z.strictObject({
  shelf: z
    .string()
    .min(1, 'A shelf needs a name.')
    .max(60, 'A shelf name has at most 60 characters.')
    .refine((name) => name.trim() === name, 'A shelf name does not begin or end with a space.')
    .refine((name) => !/\p{C}/u.test(name), 'A shelf name has no control characters.')
    .default('archive'),
});

/** Every transactional input, with the shelf that its frozen request names. */
type Placed = { input: ApplyInput; shelf: string };

export const shelf: TransactionalConnector = {
  name: 'shelf',
  version: 1,
  kind: 'transactional',
  check(action) {
    requireDo(action, ['archive', 'restore']);
    requireNoConnection(action);
    readParameters(action, parameters);
  },
  effect: () => 'undoable',
  wording,
  prepare: (action) => canonicalBytes({ do: action.do, shelf: readParameters(action, parameters).shelf }),

  async applyMany(client, inputs) {
    const placed = inputs.map((input) => ({ input, shelf: shelfOf(input) }));
    const archived = placed.filter(({ input }) => input.action.do === 'archive');
    const restored = placed.filter(({ input }) => input.action.do === 'restore');
    if (archived.length > 0) await archive(client, archived);
    const keys = restored.length > 0 ? await restore(client, restored) : new Map<string, string>();
    return placed.map((one): ApplyResult => {
      if (one.input.action.do === 'archive') return { result: 'succeeded', target: one.input.idempotencyKey };
      const key = keys.get(place(one.input.datasetId, one.input.ordinal, one.shelf));
      return key === undefined ? { result: 'failed', reason: 'not_on_shelf' } : { result: 'succeeded', target: key };
    });
  },
};

function wording(action: Action): Wording {
  const target = `the ${readParameters(action, parameters).shelf} shelf`;
  return action.do === 'restore'
    ? { verb: 'Restore', past: 'Restored', will: `come back from ${target}`, target }
    : { verb: 'Archive', past: 'Archived', will: `move to ${target}`, target };
}

function shelfOf(input: ApplyInput): string {
  const request: unknown = JSON.parse(Buffer.from(input.request).toString('utf8'));
  return z.object({ shelf: z.string() }).parse(request).shelf;
}

const place = (datasetId: string, ordinal: number, name: string) => `${datasetId} ${ordinal} ${name}`;

/** One statement for all. A key that is there already is the same action, so the repeat succeeded too. */
async function archive(client: Client, placed: Placed[]): Promise<void> {
  await client.query(
    `INSERT INTO shelf_entry (idempotency_key, batch_id, dataset_id, ordinal, category, shelf)
     SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
     ON CONFLICT (idempotency_key) DO NOTHING`,
    [
      placed.map(({ input }) => input.idempotencyKey),
      placed.map(({ input }) => input.batchId),
      placed.map(({ input }) => input.datasetId),
      placed.map(({ input }) => input.ordinal),
      placed.map(({ input }) => input.category),
      placed.map(({ shelf }) => shelf),
    ],
  );
}

/**
 * Ends every open entry of these items on their shelves (two batches may have archived the same item), and gives the latest entry's
 * key by place.
 */
async function restore(client: Client, placed: Placed[]): Promise<Map<string, string>> {
  const ended = await client.query<{ dataset_id: string; ordinal: number; shelf: string; idempotency_key: string }>(
    `WITH ended AS (
       UPDATE shelf_entry entry SET restored_at = clock_timestamp()
       FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::int[], $3::text[]) AS it (dataset_id, ordinal, shelf)) wanted
       WHERE entry.dataset_id = wanted.dataset_id AND entry.ordinal = wanted.ordinal AND entry.shelf = wanted.shelf
         AND entry.restored_at IS NULL
       RETURNING entry.dataset_id, entry.ordinal, entry.shelf, entry.idempotency_key, entry.at)
     SELECT DISTINCT ON (dataset_id, ordinal, shelf) dataset_id, ordinal, shelf, idempotency_key
     FROM ended ORDER BY dataset_id, ordinal, shelf, at DESC, idempotency_key`,
    [placed.map(({ input }) => input.datasetId), placed.map(({ input }) => input.ordinal), placed.map(({ shelf }) => shelf)],
  );
  return new Map(ended.rows.map((row) => [place(row.dataset_id, row.ordinal, row.shelf), row.idempotency_key]));
}
