/**
 * Cuts a batch into chunks: groups by time, value or nothing, merges groups that are too small, splits those that are too large.
 * Everything is an index into the keys (lib/core/plans/keys.ts); the same keys and chunking give the same chunks, always.
 */
import { type Period, periodName, periodOf } from '#lib/core/values/dates.ts';
import { DOUBT, type Keys, NO_VALUE } from './keys.ts';
import type { Chunking } from './plan.ts';

const UNDATED_NAME = 'No trustworthy date';

/** A chunk in the making. `members` are indexes into the keys, in the order in which a split would cut them. */
export type Draft = {
  members: Int32Array;
  kind: 'normal' | 'undated';
  label: Label;
  /** which part of a split group it is: [2, 3] for the second of three */
  part: [number, number] | null;
};

type Label =
  | { by: 'time'; every: Period; first: number; last: number }
  | { by: 'category'; names: string[] }
  | { by: 'size' }
  | { by: 'undated' };

/** Which items have to stay in one chunk: `unit[i]` numbers the items that share a resource, -1 for the others. */
export type Units = { unit: Int32Array; members: Int32Array[] };

/**
 * The chunks, in their order: time ascending with the undated last; values by size, the largest first, "(none)" last.
 * Sizes: no chunk is larger than `maxItems`; one smaller than `minItems` only where nothing is left to merge it with, where
 * merging would break the undated rule, or where `maxItems` leaves no even split that large.
 */
export function cutChunks(keys: Keys, chunking: Chunking, units: Units | null): Draft[] {
  const { groupOf, labels } = grouping(keys, chunking);
  if (units) for (const members of units.members) moveTogether(groupOf, members);
  let drafts = gather(groupOf, labels);
  if (chunking.minItems !== null)
    drafts = chunking.by === 'category' ? mergeValues(drafts, chunking.minItems) : mergeNeighbours(drafts, chunking.minItems);
  const { maxItems } = chunking;
  if (maxItems === null) return drafts;
  return drafts.flatMap((draft) => split(draft, maxItems, keys, units));
}

/** The name people see. `ordinals` are the chunk's, ascending. */
export function draftName(draft: Draft, ordinals: Int32Array): string {
  if (draft.label.by === 'size') {
    const [first, last] = [ordinals[0], ordinals[ordinals.length - 1]];
    return first === last ? `Item ${first}` : `Items ${first}–${last}`;
  }
  const name = labelName(draft.label);
  return draft.part ? `${name} (${draft.part[0]} of ${draft.part[1]})` : name;
}

/** The label of several drafts taken together, or null where only their names can be joined. */
export function joinedLabel(drafts: readonly Draft[]): Label | null {
  const first = drafts[0];
  if (!first || drafts.some((draft) => draft.part !== null || draft.label.by !== first.label.by)) return null;
  if (first.label.by === 'time') {
    const spans = drafts.flatMap(({ label }) => (label.by === 'time' ? [label] : []));
    return {
      ...first.label,
      first: spans.reduce((low, one) => Math.min(low, one.first), first.label.first),
      last: spans.reduce((high, one) => Math.max(high, one.last), first.label.last),
    };
  }
  if (first.label.by === 'category')
    return { by: 'category', names: drafts.flatMap(({ label }) => (label.by === 'category' ? label.names : [])) };
  return first.label;
}

// ---- grouping ----

/** Every item's group and the groups' labels, numbered in the order of the chunks. */
function grouping(keys: Keys, chunking: Chunking): { groupOf: Int32Array; labels: Label[] } {
  if (chunking.by === 'size') return { groupOf: new Int32Array(keys.count), labels: [{ by: 'size' }] };
  if (chunking.by === 'category') return groupByValue(keys);
  const { every } = chunking;
  const periods = new Set<number>();
  const periodOfItem = new Float64Array(keys.count);
  // Neighbours are often of the same day; a period is the same for a whole day.
  const ofDay = new Map<number, number>();
  for (let index = 0; index < keys.count; index++) {
    if (keys.doubt[index] !== DOUBT.none) continue;
    const ms = keys.localMs[index] ?? 0;
    const day = Math.floor(ms / 86_400_000);
    let period = ofDay.get(day);
    if (period === undefined) {
      period = periodOf(every, ms);
      ofDay.set(day, period);
      periods.add(period);
    }
    periodOfItem[index] = period;
  }
  const ordered = [...periods].sort((one, other) => one - other);
  const numbers = new Map(ordered.map((period, number) => [period, number]));
  const labels: Label[] = ordered.map((period) => ({ by: 'time', every, first: period, last: period }));
  const groupOf = new Int32Array(keys.count);
  let undated = false;
  for (let index = 0; index < keys.count; index++) {
    const dated = keys.doubt[index] === DOUBT.none;
    undated ||= !dated;
    groupOf[index] = dated ? (numbers.get(periodOfItem[index] ?? 0) ?? 0) : ordered.length;
  }
  if (undated) labels.push({ by: 'undated' });
  return { groupOf, labels };
}

function groupByValue(keys: Keys): { groupOf: Int32Array; labels: Label[] } {
  const sizes = new Int32Array(keys.values.length);
  for (const id of keys.valueIds) sizes[id] = (sizes[id] ?? 0) + 1;
  const name = (id: number) => keys.values[id] ?? '';
  const order = keys.values.map((_, id) => id);
  order.sort((one, other) => {
    if ((name(one) === NO_VALUE) !== (name(other) === NO_VALUE)) return name(one) === NO_VALUE ? 1 : -1;
    // By code unit, not by locale: the order may not depend on the machine.
    return (sizes[other] ?? 0) - (sizes[one] ?? 0) || (name(one) < name(other) ? -1 : 1);
  });
  const number = new Int32Array(order.length);
  order.forEach((id, at) => {
    number[id] = at;
  });
  return {
    groupOf: keys.valueIds.map((id) => number[id] ?? 0),
    labels: order.map((id) => ({ by: 'category', names: [name(id)] })),
  };
}

/** Items that share a resource go to the earliest of their groups. */
function moveTogether(groupOf: Int32Array, members: Int32Array): void {
  let earliest = Number.POSITIVE_INFINITY;
  for (const index of members) earliest = Math.min(earliest, groupOf[index] ?? 0);
  for (const index of members) groupOf[index] = earliest;
}

function gather(groupOf: Int32Array, labels: readonly Label[]): Draft[] {
  const ends = new Int32Array(labels.length + 1);
  for (const group of groupOf) ends[group + 1] = (ends[group + 1] ?? 0) + 1;
  for (let group = 0; group < labels.length; group++) ends[group + 1] = (ends[group + 1] ?? 0) + (ends[group] ?? 0);
  const next = ends.slice();
  const members = new Int32Array(groupOf.length);
  for (let index = 0; index < groupOf.length; index++) {
    const group = groupOf[index] ?? 0;
    const at = next[group] ?? 0;
    members[at] = index;
    next[group] = at + 1;
  }
  return labels
    .map((label, group): Draft => {
      const kind = label.by === 'undated' ? 'undated' : 'normal';
      return { members: members.subarray(ends[group], ends[group + 1]), kind, label, part: null };
    })
    .filter((draft) => draft.members.length > 0);
}

// ---- merging and splitting ----

/** In order, each group too small joins the next; a last one too small joins the one before. The undated stay alone. */
function mergeNeighbours(drafts: Draft[], minItems: number): Draft[] {
  const merged: Draft[] = [];
  let waiting: Draft[] = [];
  let size = 0;
  for (const draft of drafts) {
    if (draft.kind === 'undated') continue;
    waiting.push(draft);
    size += draft.members.length;
    if (size < minItems) continue;
    merged.push(join(waiting));
    waiting = [];
    size = 0;
  }
  if (waiting.length > 0) {
    const before = merged.pop();
    merged.push(join(before ? [before, ...waiting] : waiting));
  }
  return [...merged, ...drafts.filter((draft) => draft.kind === 'undated')];
}

/** Values too small go together, with the next smallest where that is still too little. */
function mergeValues(drafts: Draft[], minItems: number): Draft[] {
  const bySize = drafts
    .map((_, at) => at)
    .sort((one, other) => (drafts[one]?.members.length ?? 0) - (drafts[other]?.members.length ?? 0) || other - one);
  const small = new Set<number>();
  let size = 0;
  for (const at of bySize) {
    const length = drafts[at]?.members.length ?? 0;
    if (length >= minItems && (size === 0 || size >= minItems)) break;
    small.add(at);
    size += length;
  }
  if (small.size < 2) return drafts;
  return [...drafts.filter((_, at) => !small.has(at)), join(drafts.filter((_, at) => small.has(at)))];
}

function join(drafts: Draft[]): Draft {
  const [first] = drafts;
  if (first && drafts.length === 1) return first;
  const members = new Int32Array(drafts.reduce((sum, draft) => sum + draft.members.length, 0));
  let at = 0;
  for (const draft of drafts) {
    members.set(draft.members, at);
    at += draft.members.length;
  }
  return { members, kind: 'normal', label: joinedLabel(drafts) ?? { by: 'size' }, part: null };
}

/** Even parts of at most `maxItems`, in the order of time where there is one; items that share a resource stay in one part. */
function split(draft: Draft, maxItems: number, keys: Keys, units: Units | null): Draft[] {
  const size = draft.members.length;
  if (size <= maxItems) return [draft];
  const { localMs } = keys;
  const members =
    draft.label.by === 'time'
      ? draft.members.slice().sort((one, other) => timeOf(localMs, one) - timeOf(localMs, other) || one - other)
      : draft.members;
  const cuts = units ? cutAroundUnits(members, maxItems, units) : cutEvenly(members, maxItems);
  return cuts.map((part, index) => ({ ...draft, members: part, part: [index + 1, cuts.length] }));
}

/** An undated item that shares a resource with a dated one has come along; it goes last. */
function timeOf(localMs: Float64Array, index: number): number {
  const ms = localMs[index] ?? Number.NaN;
  return Number.isNaN(ms) ? Number.MAX_SAFE_INTEGER : ms;
}

export function cutEvenly(members: Int32Array, maxItems: number): Int32Array[] {
  const count = Math.ceil(members.length / maxItems);
  const bound = (part: number) => Math.round((members.length * part) / count);
  return Array.from({ length: count }, (_, part) => members.subarray(bound(part), bound(part + 1)));
}

function cutAroundUnits(members: Int32Array, maxItems: number, units: Units): Int32Array[] {
  const even = Math.ceil(members.length / Math.ceil(members.length / maxItems));
  const parts: number[][] = [[]];
  const placed = new Set<number>();
  for (const index of members) {
    const unit = units.unit[index] ?? -1;
    if (placed.has(unit)) continue;
    const together = unit === -1 ? [index] : [...(units.members[unit] ?? [])];
    if (unit !== -1) placed.add(unit);
    const current = parts[parts.length - 1] ?? [];
    if (current.length > 0 && (current.length >= even || current.length + together.length > maxItems)) parts.push(together);
    else current.push(...together);
  }
  return parts.map((part) => Int32Array.from(part));
}

// ---- names ----

const JOINED_NAMES_MAX = 3;
const JOINED_NAME_CHARS = 60;

function labelName(label: Label): string {
  if (label.by === 'undated') return UNDATED_NAME;
  if (label.by === 'time') return periodName(label.every, label.first, label.last);
  if (label.by === 'size') return 'Items';
  const joined = label.names.join(', ');
  if (label.names.length === 1) return clip(joined);
  return label.names.length <= JOINED_NAMES_MAX && joined.length <= JOINED_NAME_CHARS
    ? joined
    : `Other (${label.names.length} values)`;
}

function clip(name: string): string {
  return name.length <= 2 * JOINED_NAME_CHARS ? name : `${name.slice(0, 2 * JOINED_NAME_CHARS)}…`;
}
