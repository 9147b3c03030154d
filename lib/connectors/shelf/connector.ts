/**
 * The shelf: items are put away inside Countersign, and can be taken back. An item is on a shelf while it has an entry there that
 * was not restored.
 */
import { z } from 'zod';
import { CHANGED_SINCE, readParameters, requireDo, requireNoConnection, wordsIn } from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, FrozenRequest, TransactionalConnector, Undo } from '#lib/connectors/port.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { canonicalBytes, sha256Hex } from '#lib/ledger/canonical.ts';
import type { Wording } from '#lib/shapes/actions.ts';
import {
  changeEntries,
  type Entry,
  type EntryChange,
  lockEntries,
  type Place,
  placeOf,
  putAway,
  readEntries,
} from '#lib/store/shelf/entries.sql.ts';

const VERBS = ['archive', 'restore'];
/** Where things are put away when nobody says otherwise. */
export const SHELF = 'archive';

const FAILURES = {
  not_on_shelf: 'The item was no longer on the archive shelf.',
  changed_since: CHANGED_SINCE,
};

export const shelfName = z
  .string()
  .min(1, 'A shelf needs a name.')
  .max(60, 'A shelf name has at most 60 characters.')
  .refine((name) => name.trim() === name, 'A shelf name does not begin or end with a space.')
  .refine((name) => !/\p{C}/u.test(name), 'A shelf name has no control characters.');

const parameters = z.strictObject({ shelf: shelfName.default(SHELF) });

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
  reads: () => [],
  prepare: (action) => canonicalBytes({ do: action.do, shelf: readParameters(action, parameters).shelf }),

  describe: ({ do: verb, request }) => ({ form: 'place', does: doing(verb), place: `the ${readRequest(request).shelf} shelf` }),
  async look(client, { request, ...item }) {
    const { shelf: name } = readRequest(request);
    const place = { ...item, shelf: name };
    const entries = (await readEntries(client, [place])).get(placeOf(place)) ?? [];
    const there = entries.some(({ restored }) => !restored);
    return { words: `The item is ${there ? '' : 'not '}on the ${name} shelf now.` };
  },

  async applyMany(client, inputs) {
    const placed = inputs.map((input): Placed => ({ input, undoes: undefined, ...readRequest(input.request) }));
    const held = await lockEntries(client, placed.map(toPlace));
    const taken = placed.map((one) => take(one, held.get(placeOf(toPlace(one))) ?? []));
    const fresh = placed.filter(({ input, undoes }) => input.action.do === 'archive' && undoes === undefined);
    await putAway(
      client,
      fresh.map((one) => ({
        ...toPlace(one),
        key: one.input.idempotencyKey,
        batchId: one.input.batchId,
        category: one.input.category,
      })),
    );
    await changeEntries(
      client,
      placed.flatMap(({ input }, index) => changesOf(input, taken[index]?.changed ?? [])),
    );
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

const doing = (verb: string): string => (verb === 'restore' ? 'Takes the item back from' : 'Puts the item on');

function wording(action: Action): Wording {
  const { shelf: name } = readParameters(action, parameters);
  const target = `the ${name} shelf`;
  return action.do === 'restore'
    ? { verb: 'Restore', past: 'Restored', will: `come back from ${target}`, target }
    : { verb: 'Archive', past: 'Archived', will: `move to ${target}`, target, shelf: name };
}

function readRequest(request: FrozenRequest): z.infer<typeof frozen> {
  return frozen.parse(JSON.parse(Buffer.from(request).toString('utf8')));
}

const toPlace = ({ input, shelf }: Placed): Place => ({ datasetId: input.datasetId, ordinal: input.ordinal, shelf });

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

/** How an action changes these entries, by their keys. */
function changesOf({ action, idempotencyKey: by, batchId, category }: ApplyInput, keys: string[]): EntryChange[] {
  return keys.map((key) => ({ key, by, restore: action.do === 'restore', batchId, category }));
}
