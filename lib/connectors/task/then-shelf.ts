/**
 * The other half of a task that names a shelf (`thenShelf`): what the shelf's own connector does, asked in the same transaction and under the same key, so that
 * an entry on a shelf is one and the same thing whoever put it there.
 */
import type { ApplyInput, ApplyResult, Done, Undo } from '#lib/connectors/port.ts';
import { shelf } from '#lib/connectors/shelf/connector.ts';
import { canonicalBytes, sha256Hex } from '#lib/ledger/canonical.ts';
import type { Wording } from '#lib/shapes/actions.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

/** A frozen request of the task connector, as far as it is about the shelf: a new task, or the inverse of one. */
type OfShelf = { thenShelf?: string | undefined; undoes?: string; do?: string };

/** What the shelf does when the task does this. */
const verbOf = (taskVerb: string | undefined): string => (taskVerb === 'withdraw' ? 'restore' : 'archive');

const bytesOf = (name: string, { do: verb, undoes }: OfShelf): Uint8Array =>
  canonicalBytes({ do: verbOf(verb), shelf: name, ...(undoes === undefined ? {} : { undoes }) });

export function shelfWords(taskVerb: string, name: string): Wording {
  const action = { connector: shelf.name, connection: null, do: verbOf(taskVerb), honoursKeys: false, with: { shelf: name } };
  return shelf.wording(action);
}

/** "puts the item on the archive shelf"; null where the request names none. */
export function describeShelf(request: OfShelf): string | null {
  if (request.thenShelf === undefined) return null;
  const described = shelf.describe({
    do: verbOf(request.do),
    request: bytesOf(request.thenShelf, request),
    idempotencyKey: null,
  });
  if (described.form !== 'place') return null;
  return `${described.does.charAt(0).toLowerCase()}${described.does.slice(1)} ${described.place}`;
}

type LookedAt = { datasetId: string; ordinal: number; idempotencyKey: string | null; request: OfShelf };

/** What is there now, in a sentence; null where the request names no shelf. */
export async function lookAtShelf(client: Querying, { request, ...item }: LookedAt, signal: AbortSignal): Promise<string | null> {
  if (request.thenShelf === undefined || !shelf.look) return null;
  const of = { ...item, do: verbOf(request.do), request: bytesOf(request.thenShelf, request) };
  const look = await shelf.look(client, of, signal);
  return 'words' in look ? look.words : null;
}

/** Puts away, or takes back, the items of those that name a shelf; the shelf's results by the key of the action. */
export async function onShelf(
  tx: Tx,
  asked: readonly { input: ApplyInput; request: OfShelf }[],
): Promise<Map<string, ApplyResult>> {
  const inputs = asked.flatMap(({ input, request }): ApplyInput[] => {
    if (request.thenShelf === undefined) return [];
    const action = { ...input.action, connector: shelf.name, do: verbOf(request.do), version: shelf.version };
    return [{ ...input, action, request: bytesOf(request.thenShelf, request) }];
  });
  if (inputs.length === 0) return new Map();
  const results = await shelf.applyMany(tx, inputs);
  return new Map(results.map((result, index) => [inputs[index]?.idempotencyKey ?? '', result]));
}

/** For each action, in their order, what its inverse says of the shelf, or why the item can't be moved back; null where it names none. */
export async function undoOnShelf(
  client: Querying,
  all: readonly { done: Done; request: OfShelf }[],
): Promise<({ thenShelf: string } | { cannot: string } | null)[]> {
  const own = all.flatMap(({ done, request }): { of: Done; name: string; undone: Done }[] => {
    const { thenShelf: name } = request;
    if (name === undefined) return [];
    const action = { ...done.action, connector: shelf.name, do: verbOf(request.do), with: { shelf: name } };
    return [{ of: done, name, undone: { ...done, action, request: bytesOf(name, request) } }];
  });
  if (own.length === 0) return all.map(() => null);
  const undos = await shelf.undo(
    client,
    own.map(({ undone }) => undone),
  );
  const byDone = new Map(
    own.map(({ of, name }, index) => {
      const undo = undos[index] as Undo;
      return [of, 'cannot' in undo ? { cannot: undo.cannot } : { thenShelf: name }] as const;
    }),
  );
  return all.map(({ done }) => byDone.get(done) ?? null);
}

/** The digest of what was there before: the task's own, or of both where there is a shelf. */
export function beforeBoth(task: string, shelved: ApplyResult | undefined): string {
  const before = shelved?.result === 'succeeded' ? shelved.before : undefined;
  return before === undefined ? task : sha256Hex(canonicalBytes({ shelf: before, task }));
}
