/**
 * Whether the requests of a plan can be built, and which of them would change the same thing: told before the start, where an approval would be the first to find
 * it. Tried on the items that a preview counted, for PREVIEW_BUILD_MS.
 */
import { createHash } from 'node:crypto';
import { connectorFor } from '#lib/connectors/registry.ts';
import type { CountersignError } from '#lib/core/errors.ts';
import { CLASSIFY_PAGE_ITEMS, PREVIEW_BUILD_MS, PREVIEW_EXAMPLES, PREVIEW_REASONS_MAX } from '#lib/core/limits.ts';
import type { Action, Plan } from '#lib/core/plans/plan.ts';
import type { Warning } from '#lib/core/plans/planner.ts';
import type { Filters } from '#lib/core/plans/template-filters.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import type { RequestFacts } from '#lib/shapes/plans.ts';
import { type PlanningItem, readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { buildRequest, fieldsOfRequest } from './build-request.ts';

export type RequestsToCount = {
  datasetId: string;
  plan: Plan;
  filters: Filters | null;
  /** the ordinals that were counted, by category, ascending */
  counted: ReadonlyMap<string, readonly number[]>;
  /** scales a count of these to the dataset */
  scale(count: number): number;
  /** false: what was counted is a sample */
  exact: boolean;
};

type Shared = { target: string; count: number; ordinals: number[] };
type CountedRequests = { requests: RequestFacts[]; shared: Shared[]; exact: boolean };

/** Of each category with an action, room for the ordinals of its items. */
export function actingOrdinals({ categories }: Plan): Map<string, number[]> {
  return new Map(categories.flatMap(({ name, action }): [string, number[]][] => (action ? [[name, []]] : [])));
}

/** Builds them, and keeps none. */
export async function countRequests(of: RequestsToCount): Promise<CountedRequests> {
  const acting = of.plan.categories.flatMap(({ name, action }) => (action ? [{ name, action }] : []));
  const ends = performance.now() + PREVIEW_BUILD_MS;
  const resources = collectResources();
  const requests: RequestFacts[] = [];
  for (const [index, { name, action }] of acting.entries()) {
    const ordinals = of.counted.get(name) ?? [];
    const now = performance.now();
    // What one category leaves of its time is for those after it.
    const until = now + (ends - now) / (acting.length - index);
    const tally = await buildAll({ ...of, action, ordinals, until }, resources.add);
    requests.push({ category: name, ...factsOf(tally, ordinals.length, of) });
  }
  return { requests, shared: resources.shared(), exact: requests.every((one) => one.exact) };
}

type Problem = RequestFacts['problems'][number];
type Tally = { tried: number; failed: number; problems: Map<string, Problem> };
type ToBuild = Pick<RequestsToCount, 'datasetId' | 'filters'> & {
  action: Action;
  ordinals: readonly number[];
  /** by the clock of `performance.now` */
  until: number;
};

async function buildAll(
  { datasetId, filters, action, ordinals, until }: ToBuild,
  see: (resource: string, ordinal: number) => void,
): Promise<Tally> {
  const tally: Tally = { tried: 0, failed: 0, problems: new Map() };
  const { resourceOf } = connectorFor(action.connector);
  const take = (item: PlanningItem): void => {
    tally.tried++;
    const built = buildRequest(action, item, filters);
    if ('problem' in built) addProblem(tally, item.ordinal, built.problem);
    else {
      const resource = resourceOf?.(action, built.request) ?? null;
      if (resource !== null) see(resource, item.ordinal);
    }
  };
  const fields = fieldsOfRequest(action);
  if (fields?.length === 0) {
    for (const ordinal of ordinals) take({ ordinal, fields: {} });
    return tally;
  }
  for (const among of spread(ordinals)) {
    for (let after = 0; ; ) {
      const items = await readItems(db().pool, datasetId, { fields, after, limit: among.length, among });
      if (items.length === 0) break;
      items.forEach(take);
      after = items.at(-1)?.ordinal ?? after;
      if (performance.now() > until) return tally;
    }
  }
  return tally;
}

/** Pages that each hold items from the whole of the file, so that those which are tried before time is up stand for all. */
function spread(ordinals: readonly number[]): number[][] {
  const pages: number[][] = Array.from({ length: Math.ceil(ordinals.length / CLASSIFY_PAGE_ITEMS) }, () => []);
  ordinals.forEach((ordinal, index) => {
    pages[index % pages.length]?.push(ordinal);
  });
  return pages;
}

/** Beyond so many different reasons they are told as one. */
export const OTHERS = 'Other reasons.';

function addProblem(tally: Tally, ordinal: number, problem: CountersignError): void {
  tally.failed++;
  const { reason, field } = reasonOf(problem);
  const known = tally.problems.get(reason);
  const key = known || tally.problems.size < PREVIEW_REASONS_MAX ? reason : OTHERS;
  const one = tally.problems.get(key) ?? { reason: key, count: 0, field: key === OTHERS ? null : field, ordinals: [] };
  one.count++;
  if (one.field !== field) one.field = null;
  one.ordinals = [...one.ordinals, ordinal].sort((a, b) => a - b).slice(0, PREVIEW_EXAMPLES);
  tally.problems.set(key, one);
}

/** As a sentence that is the same for all items with this problem. */
export function reasonOf({ message, facts }: CountersignError): { reason: string; field: string | null } {
  const said = typeof facts.reason === 'string' ? facts.reason : message.replace(/^Item \d+: /, '');
  return { reason: said.charAt(0).toUpperCase() + said.slice(1), field: typeof facts.field === 'string' ? facts.field : null };
}

function factsOf(
  { tried, failed, problems }: Tally,
  counted: number,
  { scale, exact }: RequestsToCount,
): Omit<RequestFacts, 'category'> {
  const all = (count: number): number => scale(tried === counted || tried === 0 ? count : Math.round((count * counted) / tried));
  return {
    ...{ exact: exact && tried === counted, tried, built: all(tried - failed), unbuildable: all(failed) },
    problems: [...problems.values()]
      .map((problem) => ({ ...problem, count: all(problem.count) }))
      .sort((one, other) => other.count - one.count),
  };
}

const TARGET_CHARS = 300;

/** Which texts come more than once. Kept are 8 bytes of the digest of each, and a text once a second item has it. */
function collectResources() {
  const seen = new Map<string, { count: number; ordinals: number[]; target: string | null }>();
  return {
    add(resource: string, ordinal: number): void {
      const key = createHash('sha256').update(resource).digest().toString('latin1', 0, 8);
      const one = seen.get(key);
      if (!one) {
        seen.set(key, { count: 1, ordinals: [ordinal], target: null });
        return;
      }
      one.count++;
      one.target ??= resource.length <= TARGET_CHARS ? resource : `${beginOf(resource, TARGET_CHARS)}…`;
      one.ordinals.push(ordinal);
    },
    /** The largest first. */
    shared: (): Shared[] =>
      [...seen.values()]
        .flatMap(({ target, ...one }) =>
          target === null ? [] : [{ ...one, target, ordinals: one.ordinals.sort((a, b) => a - b) }],
        )
        .sort((one, other) => other.count - one.count || (one.ordinals[0] ?? 0) - (other.ordinals[0] ?? 0)),
  };
}

/** What a person should know of that; none of it stops the start. */
export function requestWarnings(
  { requests, shared, exact }: CountedRequests,
  { independence }: Pick<Plan, 'independence'>,
): Warning[] {
  return [...unbuildableWarning(requests), ...sharedWarning(shared, { exact, declared: independence.resource.length > 0 })];
}

function unbuildableWarning(requests: readonly RequestFacts[]): Warning[] {
  const wrong = requests.filter(({ unbuildable }) => unbuildable > 0);
  const count = wrong.reduce((sum, { unbuildable }) => sum + unbuildable, 0);
  if (count === 0) return [];
  const about = wrong.every(({ exact }) => exact) ? '' : 'About ';
  const message = `${about}${items(count, 'request')} can’t be built. A chunk with such an item can’t be approved until the item is in a category without this action.`;
  const categories = wrong.map(({ category, unbuildable }) => ({ category, count: unbuildable }));
  return [{ code: 'unbuildable', message, facts: { count, categories } }];
}

function sharedWarning(
  shared: readonly Shared[],
  { exact, declared }: { exact: boolean /** whether the plan says which items share something */; declared: boolean },
): Warning[] {
  const [first] = shared;
  if (!first) return [];
  const count = shared.reduce((sum, one) => sum + one.count, 0);
  const atLeast = exact ? '' : 'At least ';
  const example = `Items ${first.ordinals.slice(0, PREVIEW_EXAMPLES).join(', ')}${first.count > PREVIEW_EXAMPLES ? ' and others' : ''}: ${first.target}`;
  const advice = declared
    ? ''
    : ' Name the field that says what an action changes under Independence: then they run one after the other.';
  const message = `${atLeast}${items(count, 'item')} would change the same thing as another item, in ${items(shared.length, 'group')}.${advice} ${example}`;
  const examples = shared
    .slice(0, PREVIEW_EXAMPLES)
    .map((one) => ({ ...one, ordinals: one.ordinals.slice(0, PREVIEW_EXAMPLES) }));
  return [{ code: 'same_target', message, facts: { groups: shared.length, items: count, exact, examples } }];
}

function items(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}
