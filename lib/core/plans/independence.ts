/**
 * May items be worked on at the same time? Two that change the same resource may not: they share a chunk and run one after the
 * other. One that names another's resource has to come after it.
 */

import { CountersignError } from '#lib/core/errors.ts';
import { cutEvenly, type Draft, type Units } from './chunking.ts';
import type { Keys } from './keys.ts';

type SharedResource = { resource: string; count: number; ordinals: number[] };

export type Sharing = {
  units: Units | null;
  items: number;
  /** the largest first */
  examples: SharedResource[];
};

/** `before[i]` has to be done before `after[i]`; both are indexes into the keys. */
export type Dependencies = { before: Int32Array; after: Int32Array };

const EXAMPLES = 5;
const EXAMPLE_ORDINALS = 10;

/** Groups items that change the same resource. Throws `invalid` where such a group fits no chunk, naming it. */
export function findSharing(keys: Keys, maxItems: number | null): Sharing {
  const first = new Map<string, number>();
  const groups = new Map<number, number[]>();
  keys.resources.forEach((resource, index) => {
    if (resource === null) return;
    const earlier = first.get(resource);
    if (earlier === undefined) {
      first.set(resource, index);
      return;
    }
    const group = groups.get(earlier);
    if (group) group.push(index);
    else groups.set(earlier, [earlier, index]);
  });
  if (groups.size === 0) return { units: null, items: 0, examples: [] };

  const members = [...groups.values()].map((group) => Int32Array.from(group));
  const bySize = [...members].sort((one, other) => other.length - one.length || (one[0] ?? 0) - (other[0] ?? 0));
  const examples = bySize.slice(0, EXAMPLES).map((group) => sharedResource(keys, group));
  const largest = bySize[0];
  if (maxItems !== null && largest && largest.length > maxItems) {
    const message = `${largest.length} items share ${quoted(examples[0]?.resource)}, and a chunk holds at most ${maxItems}. Allow larger chunks, or name another resource field.`;
    throw new CountersignError('invalid', message, {
      problems: [{ path: 'independence.resource', message }],
      facts: { shared: examples },
    });
  }
  const unit = new Int32Array(keys.count).fill(-1);
  members.forEach((group, number) => {
    for (const index of group) unit[index] = number;
  });
  return { units: { unit, members }, items: members.reduce((sum, group) => sum + group.length, 0), examples };
}

/**
 * Who waits for whom: an item waits for every item whose resource is the value of its depends-on field. A value that no item has
 * as its resource is outside the batch and holds nobody up.
 */
export function findDependencies(keys: Keys): Dependencies {
  const owners = new Map<string, number[]>();
  keys.resources.forEach((resource, index) => {
    if (resource === null) return;
    const list = owners.get(resource);
    if (list) list.push(index);
    else owners.set(resource, [index]);
  });
  const before: number[] = [];
  const after: number[] = [];
  keys.dependsOn.forEach((resource, index) => {
    for (const owner of (resource === null ? undefined : owners.get(resource)) ?? []) {
      before.push(owner);
      after.push(index);
    }
  });
  return { before: Int32Array.from(before), after: Int32Array.from(after) };
}

/**
 * Rearranges chunks so that, taken in order and each worked on by ascending ordinal, nothing comes before what it depends on.
 * An item moves to a later chunk as little as it must; where the order of ordinals itself is against it, the chunk is followed by
 * another. Throws `invalid` naming a cycle.
 */
export function orderByDependency(keys: Keys, drafts: Draft[], dependencies: Dependencies, maxItems: number | null): Draft[] {
  const chunk = new Int32Array(keys.count);
  const level = new Int32Array(keys.count);
  drafts.forEach((draft, number) => {
    for (const index of draft.members) chunk[index] = number;
  });
  const followersOf = followerLists(keys.count, dependencies);
  for (const index of topological(keys, dependencies, followersOf)) {
    for (const follower of followersOf(index)) {
      const needed = (level[index] ?? 0) + (follower < index ? 1 : 0);
      const [at, own] = [chunk[index] ?? 0, chunk[follower] ?? 0];
      if (own > at) continue;
      level[follower] = own === at ? Math.max(level[follower] ?? 0, needed) : needed;
      chunk[follower] = at;
    }
  }
  const gathered = new Map<number, Map<number, number[]>>();
  for (let index = 0; index < keys.count; index++) {
    const levels = gathered.get(chunk[index] ?? 0) ?? new Map<number, number[]>();
    gathered.set(chunk[index] ?? 0, levels);
    const members = levels.get(level[index] ?? 0) ?? [];
    levels.set(level[index] ?? 0, members);
    members.push(index);
  }
  return drafts.flatMap((draft, number) => {
    const levels = [...(gathered.get(number) ?? new Map<number, number[]>())].sort(([one], [other]) => one - other);
    const cuts = levels.flatMap(([, members]) => cutEvenly(Int32Array.from(members), maxItems ?? members.length));
    if (cuts.length === 1) return cuts.map((members) => ({ ...draft, members }));
    return cuts.map((members, part): Draft => ({ ...draft, members, part: [part + 1, cuts.length] }));
  });
}

/** The first dependency that chunks would break, worked on in their order and by ascending ordinal; null when they keep all. */
export function brokenDependency(
  keys: Keys,
  chunks: readonly Int32Array[],
  dependencies: Dependencies,
): { before: number; after: number } | null {
  const chunk = new Int32Array(keys.count).fill(-1);
  chunks.forEach((members, number) => {
    for (const index of members) chunk[index] = number;
  });
  for (let at = 0; at < dependencies.before.length; at++) {
    const [before, after] = [dependencies.before[at] ?? 0, dependencies.after[at] ?? 0];
    const [one, other] = [chunk[before] ?? -1, chunk[after] ?? -1];
    if (one === -1 || other === -1 || one < other || (one === other && before < after)) continue;
    return { before: keys.ordinals[before] ?? 0, after: keys.ordinals[after] ?? 0 };
  }
  return null;
}

function sharedResource(keys: Keys, group: Int32Array): SharedResource {
  const ordinals = [...group.subarray(0, EXAMPLE_ORDINALS)].map((index) => keys.ordinals[index] ?? 0);
  return { resource: clip(keys.resources[group[0] ?? 0] ?? ''), count: group.length, ordinals };
}

/** Followers by predecessor, as one array of starts and one of indexes: a Map of arrays costs ten times as much at a million. */
function followerLists(count: number, { before, after }: Dependencies): (index: number) => Int32Array {
  const starts = new Int32Array(count + 1);
  for (const one of before) starts[one + 1] = (starts[one + 1] ?? 0) + 1;
  for (let index = 0; index < count; index++) starts[index + 1] = (starts[index + 1] ?? 0) + (starts[index] ?? 0);
  const next = starts.slice();
  const followers = new Int32Array(before.length);
  for (let at = 0; at < before.length; at++) {
    const one = before[at] ?? 0;
    const place = next[one] ?? 0;
    followers[place] = after[at] ?? 0;
    next[one] = place + 1;
  }
  return (index) => followers.subarray(starts[index], starts[index + 1]);
}

/** Every item after all it depends on, otherwise in the order of the keys (Kahn 1962). */
function topological(keys: Keys, dependencies: Dependencies, followersOf: (index: number) => Int32Array): Int32Array {
  const waitsFor = new Int32Array(keys.count);
  for (const one of dependencies.after) waitsFor[one] = (waitsFor[one] ?? 0) + 1;
  const order = new Int32Array(keys.count);
  let length = 0;
  for (let index = 0; index < keys.count; index++) if (waitsFor[index] === 0) order[length++] = index;
  for (let at = 0; at < length; at++) {
    for (const follower of followersOf(order[at] ?? 0)) {
      const left = (waitsFor[follower] ?? 0) - 1;
      waitsFor[follower] = left;
      if (left === 0) order[length++] = follower;
    }
  }
  if (length < keys.count) throw cycle(keys, dependencies, waitsFor);
  return order;
}

/** Walks from an item that never became free to what it waits for, until it meets itself. */
function cycle(keys: Keys, { before, after }: Dependencies, waitsFor: Int32Array): CountersignError {
  const waits = new Map<number, number>();
  for (let at = 0; at < after.length; at++) {
    const [one, other] = [before[at] ?? 0, after[at] ?? 0];
    if ((waitsFor[one] ?? 0) > 0 && (waitsFor[other] ?? 0) > 0) waits.set(other, one);
  }
  const seen = new Map<number, number>();
  const path: number[] = [];
  let index = [...waits.keys()].reduce((lowest, one) => Math.min(lowest, one), Number.POSITIVE_INFINITY);
  while (!seen.has(index)) {
    seen.set(index, path.length);
    path.push(index);
    index = waits.get(index) ?? index;
  }
  const round = path.slice(seen.get(index) ?? 0);
  const named = [...round, round[0] ?? 0].map((one) => `${quoted(keys.resources[one] ?? '')} (item ${keys.ordinals[one]})`);
  const shown = named.length <= 12 ? named : [...named.slice(0, 6), `… ${named.length - 11} more …`, ...named.slice(-5)];
  const message = `These items wait for each other, so none could ever begin: ${shown.join(' -> ')}.`;
  const ordinals = round.map((one) => keys.ordinals[one] ?? 0);
  return new CountersignError('invalid', message, {
    problems: [{ path: 'independence.dependsOn', message }],
    facts: { cycle: ordinals },
  });
}

function quoted(text: string | undefined): string {
  return `“${clip(text ?? '')}”`;
}

function clip(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
