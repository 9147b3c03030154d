/**
 * The shelf: items are put away inside Countersign, and can be taken back. An item is on a shelf while it has an entry there that
 * was not restored.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import { CHANGED_SINCE, readParameters, requireDo, requireNoConnection, wordsIn } from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, FrozenRequest, TransactionalConnector, Undo } from '#lib/connectors/port.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { canonicalBytes, sha256Hex } from '#lib/ledger/canonical.ts';
import type { Wording } from '#lib/shapes/actions.ts';

type Client = Parameters<TransactionalConnector['applyMany']>[0];

const VERBS = ['archive', 'restore'];
/** Where things are put away when nobody says otherwise. */
const SHELF = 'archive';

const FAILURES = {
  not_on_shelf: 'The item was no longer on the archive shelf.',
  changed_since: CHANGED_SINCE,
};

const parameters = z.strictObject({
  shelf: z
    .string()
    .min(1, 'A shelf needs a name.')
    .max(60, 'A shelf name has at most 60 characters.')
    .refine((name) => name.trim() === name, 'A shelf name does not begin or end with a space.')
    .refine((name) => !/\p{C}/u.test(name), 'A shelf name has no control characters.')
    .default(SHELF),
});

/** `undoes`: the key of the action that is undone; then only what that one left is changed, and only while it is still so. */
const frozen = z.object({ shelf: z.string(), undoes: z.string().optional() });

/** Every transactional input, with what its frozen request names. */
type Placed = { input: ApplyInput; shelf: string; undoes: string | undefined };

export const shelf: TransactionalConnector = {
  name: 'shelf',
  version: 2,
  since: 1,
  kind: 'transactional',
  verbs: VERBS,
  form: {
    choices: [
      { words: 'Archive: put away on a shelf here', do: 'archive', with: { shelf: SHELF } },
      { words: 'Restore: take back from a shelf', do: 'restore', with: { shelf: SHELF } },
    ],
    fields: [{ kind: 'line', at: 'with.shelf', label: 'Shelf', place: 'shelf', absent: SHELF }],
    inline: true,
  },
  check(action) {
    requireDo(action, VERBS);
    requireNoConnection(action);
    readParameters(action, parameters);
  },
  effect: () => 'undoable',
  wording,
  failureWords: (reason) => wordsIn(FAILURES, reason),
  prepare: (action) => canonicalBytes({ do: action.do, shelf: readParameters(action, parameters).shelf }),

  async applyMany(client, inputs) {
    const placed = inputs.map((input): Placed => ({ input, undoes: undefined, ...readRequest(input.request) }));
    const held = await readEntries(client, placed.map(toPlace), 'FOR UPDATE');
    const taken = placed.map((one) => take(one, held.get(placeOf(toPlace(one))) ?? []));
    await archive(
      client,
      placed.filter(({ input, undoes }) => input.action.do === 'archive' && undoes === undefined),
    );
    await change(client, placed, taken);
    return taken.map(({ result }) => result);
  },

  async undo(client, done) {
    const requests = done.map(({ request }) => readRequest(request));
    const places = done.map(({ datasetId, ordinal }, index) => ({ datasetId, ordinal, shelf: requests[index]?.shelf ?? '' }));
    const found = await readEntries(client, places);
    return done.map((one, index): Undo => {
      const place = places[index] as Place;
      const verb = one.action.do === 'archive' ? 'restore' : 'archive';
      const entries = (found.get(placeOf(place)) ?? []).filter((entry) => leftBy(entry, one.idempotencyKey, verb));
      if (entries.length === 0) return { cannot: `it was moved afterwards: it is no longer on the ${place.shelf} shelf` };
      const request = canonicalBytes({ do: verb, shelf: place.shelf, undoes: one.idempotencyKey });
      return { action: { ...one.action, do: verb }, request };
    });
  },
};

function wording(action: Action): Wording {
  const target = `the ${readParameters(action, parameters).shelf} shelf`;
  return action.do === 'restore'
    ? { verb: 'Restore', past: 'Restored', will: `come back from ${target}`, target }
    : { verb: 'Archive', past: 'Archived', will: `move to ${target}`, target };
}

function readRequest(request: FrozenRequest): z.infer<typeof frozen> {
  return frozen.parse(JSON.parse(Buffer.from(request).toString('utf8')));
}

type Place = { datasetId: string; ordinal: number; shelf: string };
type Entry = {
  key: string;
  restored: boolean;
  /** the key of the action that changed it last, or made it */
  changedBy: string;
};

const toPlace = ({ input, shelf }: Placed): Place => ({ datasetId: input.datasetId, ordinal: input.ordinal, shelf });
const placeOf = ({ datasetId, ordinal, shelf }: Place): string => `${datasetId} ${ordinal} ${shelf}`;

/** The entries of these items on their shelves, by place, the latest first. Locked in one order for all, so that nobody waits in a circle. */
async function readEntries(client: Pool | Client, places: Place[], lock = ''): Promise<Map<string, Entry[]>> {
  const { rows } = await client.query<Entry & Place & { at: Date }>(
    `SELECT dataset_id AS "datasetId", ordinal, shelf, idempotency_key AS key, restored_at IS NOT NULL AS restored,
       coalesce(changed_by, idempotency_key) AS "changedBy", at
     FROM shelf_entry WHERE (dataset_id, ordinal, shelf) IN (SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[]))
     ORDER BY dataset_id, ordinal, idempotency_key ${lock}`,
    [places.map(({ datasetId }) => datasetId), places.map(({ ordinal }) => ordinal), places.map(({ shelf }) => shelf)],
  );
  const latestFirst = rows.sort((a, b) => b.at.getTime() - a.at.getTime());
  return Map.groupBy(latestFirst, placeOf);
}

/** Whether the entry is as the action of this key left it, so that `verb` undoes that action. */
function leftBy(entry: Entry, key: string, verb: string): boolean {
  return entry.changedBy === key && entry.restored === (verb === 'archive');
}

/** What one action does to the entries that are there: which it ends or gives back, and its result. */
function take({ input, shelf: name, undoes }: Placed, entries: Entry[]): { changed: string[]; result: ApplyResult } {
  const { idempotencyKey: own } = input;
  const open = entries.filter(({ key, restored }) => !restored && key !== own);
  const before = sha256Hex(canonicalBytes({ shelf: name, entries: open.map(({ key }) => key).sort() }));
  const verb = input.action.do;
  if (verb === 'archive' && undoes === undefined) return { changed: [], result: { result: 'succeeded', target: own, before } };
  // Without `undoes` every open entry ends: two batches may have archived the same item.
  const changed = undoes === undefined ? open : entries.filter((entry) => leftBy(entry, undoes, verb));
  const [latest] = changed;
  if (!latest)
    return { changed: [], result: { result: 'failed', reason: undoes === undefined ? 'not_on_shelf' : 'changed_since' } };
  return { changed: changed.map(({ key }) => key), result: { result: 'succeeded', target: latest.key, before } };
}

/** One statement for all. A key that is there already is the same action, so the repeat succeeded too. */
async function archive(client: Client, placed: Placed[]): Promise<void> {
  if (placed.length === 0) return;
  await client.query(
    `INSERT INTO shelf_entry (idempotency_key, batch_id, dataset_id, ordinal, category, shelf, last_batch_id, last_category)
     SELECT t.*, t.batch, t.category FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
       AS t(key, batch, dataset, ordinal, category, shelf)
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

/** Ends entries, or gives them back, and says by which action, of which batch and category. */
async function change(client: Client, placed: Placed[], taken: { changed: string[] }[]): Promise<void> {
  const rows = placed.flatMap(({ input }, index) =>
    (taken[index]?.changed ?? []).map((key) => ({ key, input, restore: input.action.do === 'restore' })),
  );
  if (rows.length === 0) return;
  await client.query(
    `UPDATE shelf_entry SET restored_at = CASE WHEN t.restore THEN clock_timestamp() END, changed_by = t.by,
       last_batch_id = t.batch, last_category = t.category, last_at = clock_timestamp()
     FROM unnest($1::text[], $2::text[], $3::boolean[], $4::uuid[], $5::text[]) AS t(key, by, restore, batch, category)
     WHERE idempotency_key = t.key`,
    [
      ...[rows.map(({ key }) => key), rows.map(({ input }) => input.idempotencyKey), rows.map(({ restore }) => restore)],
      ...[rows.map(({ input }) => input.batchId), rows.map(({ input }) => input.category)],
    ],
  );
}
