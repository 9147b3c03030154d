/** Finds batches, chunks, datasets, receipts, items and people, each within a time of its own, and says how far it looked. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { readQuery } from '#lib/core/find/query.ts';
import { FIND_LOOKS_MAX, FIND_SHOWN, FIND_SHOWN_MAX } from '#lib/core/limits.ts';
import { FIND_KINDS, type FindKind, type FoundGroups } from '#lib/shapes/find.ts';
import { isId } from '#lib/steps/ids.ts';
import { limitOf } from '#lib/steps/page.ts';
import type { Finder, Looking } from './finder.ts';
import { FINDERS } from './finders.ts';

type Input = {
  q: string;
  kinds?: string | undefined;
  batch?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
  /** ends with whoever asked */
  signal?: AbortSignal | undefined;
};

/**
 * A group for each kind that the actor may see, or that was asked for. Names are looked through for FIND_NAMES_MS and values for FIND_VALUES_MS: a group may be
 * short, or empty, while its `next` goes on.
 * @throws CountersignError `invalid` (a text that is none, a kind that there is not, a cursor of another list), `forbidden` (a kind that was asked for), `unavailable`
 * (too many look through values at once)
 */
export async function find(actor: Actor, input: Input): Promise<FoundGroups> {
  authorise(actor, 'see_batches');
  const query = readQuery(input.q);
  if (typeof query === 'string') throw invalid('q', query);
  const finders = askedFor(actor, input.kinds);
  await tellOpened(actor, 'searched');
  const { cursor = null } = input;
  if (cursor && finders.length !== 1) throw invalid('kinds', 'A cursor goes with the kind that it came with, alone.');
  const limit = Math.min(limitOf({ limit: input.limit ?? FIND_SHOWN }), FIND_SHOWN_MAX);
  const batchId = isId(input.batch) ? input.batch : null;
  const look = { actor, query, q: input.q, limit, cursor, batchId };
  const groups = await Promise.all(
    finders.map(async (finder) => {
      const { kind, title } = finder;
      return { kind, title, ...(await within(finder, look, input.signal)) };
    }),
  );
  return { groups };
}

/** What the actor may find, in the order in which it is told. */
export function findableKinds(actor: Actor): FindKind[] {
  authorise(actor, 'see_batches');
  return FINDERS.filter(({ verb }) => may(actor, verb)).map(({ kind }) => kind);
}

function askedFor(actor: Actor, kinds: string | undefined): readonly Finder[] {
  if (!kinds) return FINDERS.filter(({ verb }) => may(actor, verb));
  const names = kinds.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !FIND_KINDS.some((kind) => kind === name));
  if (unknown !== undefined) throw invalid('kinds', `There is no kind “${unknown}”. Name some of: ${FIND_KINDS.join(', ')}.`);
  const asked = FINDERS.filter(({ kind }) => names.includes(kind));
  for (const { verb } of asked) authorise(actor, verb);
  return asked;
}

/** The looks through values that this process has open, by person and kind. */
const open = new Map<string, AbortController>();

/** One look of a person for each kind: the last one is what they wait for. One that is ended gives what it has, and where to go on. */
async function within({ kind, values, find: findIt }: Finder, look: Omit<Looking, 'ended'>, signal: AbortSignal | undefined) {
  if (!values) return findIt({ ...look, ended: signal ?? NEVER });
  const whose = `${look.actor.id} ${look.actor.session ?? ''} ${kind}`;
  open.get(whose)?.abort();
  if (!open.has(whose) && open.size >= FIND_LOOKS_MAX)
    throw new CountersignError('unavailable', 'Others look through values just now. Try again in a second.', {
      facts: { retryAfterSeconds: 1 },
    });
  const own = new AbortController();
  open.set(whose, own);
  try {
    return await findIt({ ...look, ended: signal ? AbortSignal.any([signal, own.signal]) : own.signal });
  } finally {
    if (open.get(whose) === own) open.delete(whose);
  }
}

const NEVER = new AbortController().signal;

function invalid(path: string, message: string): CountersignError {
  return new CountersignError('invalid', message, { problems: [{ path, message }] });
}
