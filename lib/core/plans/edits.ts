/** What a person changed about the proposed chunks: merged, split, renamed, moved, left out. */

import type { Problem } from '#lib/core/errors.ts';
import { type Draft, draftName, joinedLabel, type Units } from './chunking.ts';
import type { Keys } from './keys.ts';
import type { ChunkEdit } from './plan.ts';

/** A chunk with its name. `members` are indexes into the keys, ascending. */
export type NamedDraft = { draft: Draft; name: string; members: Int32Array };

export type Edited = { chunks: NamedDraft[]; excluded: number; problems: Problem[] };

/** Gives every draft its name and its members in the order of their ordinals. */
export function nameDrafts(keys: Keys, drafts: readonly Draft[]): NamedDraft[] {
  return drafts.map((draft) => {
    const members = draft.members.slice().sort();
    return {
      draft,
      name: draftName(
        draft,
        members.map((index) => keys.ordinals[index] ?? 0),
      ),
      members,
    };
  });
}

/**
 * Applies the edits one after the other; each sees the numbers that the ones before it left. An edit that can't be applied becomes
 * a problem at `chunkEdits.N`, and nothing after it is tried, because its numbers would mean something else.
 */
export function applyEdits(
  keys: Keys,
  proposed: readonly NamedDraft[],
  edits: readonly ChunkEdit[],
  units: Units | null,
): Edited {
  const edited: Edited = { chunks: [...proposed], excluded: 0, problems: [] };
  for (const [index, edit] of edits.entries()) {
    const wrong = applyOne(edited, edit, keys, units);
    if (wrong === null) continue;
    edited.problems.push({ path: `chunkEdits.${index}`, message: `${wrong} Edits after this one were not tried.` });
    break;
  }
  return edited;
}

function applyOne(edited: Edited, edit: ChunkEdit, keys: Keys, units: Units | null): string | null {
  const { chunks } = edited;
  const missing = (number: number): string | null =>
    number <= chunks.length
      ? null
      : `There is no chunk ${number}: ${chunks.length === 0 ? 'all were left out' : `they are numbered 1 to ${chunks.length}`}.`;
  if ('merge' in edit) return merge(chunks, edit.merge, missing);
  if ('split' in edit) return missing(edit.split) ?? split(chunks, edit.split, edit.after, keys, units);
  if ('rename' in edit) {
    const chunk = chunks[edit.rename - 1];
    if (!chunk) return missing(edit.rename);
    chunks[edit.rename - 1] = { ...chunk, name: edit.to };
    return null;
  }
  if ('move' in edit) {
    const wrong = missing(edit.move) ?? missing(edit.to);
    if (wrong === null) chunks.splice(edit.to - 1, 0, ...chunks.splice(edit.move - 1, 1));
    return wrong;
  }
  const wrong = missing(edit.exclude);
  if (wrong === null) edited.excluded += chunks.splice(edit.exclude - 1, 1)[0]?.members.length ?? 0;
  return wrong;
}

function merge(chunks: NamedDraft[], numbers: readonly number[], missing: (number: number) => string | null): string | null {
  const ordered = [...new Set(numbers)].sort((one, other) => one - other);
  if (ordered.length < numbers.length) return 'One chunk is given twice.';
  const wrong = ordered.map(missing).find((message) => message !== null);
  if (wrong) return wrong;
  const parts = ordered.map((number) => chunks[number - 1]).filter((chunk) => chunk !== undefined);
  const kinds = new Set(parts.map(({ draft }) => draft.kind));
  if (kinds.size > 1) return 'Items without a trustworthy date stay in a chunk of their own.';
  const members = new Int32Array(parts.reduce((sum, part) => sum + part.members.length, 0));
  let at = 0;
  for (const part of parts) {
    members.set(part.members, at);
    at += part.members.length;
  }
  members.sort();
  const [first] = parts;
  if (!first) return 'Merging needs at least two chunks.';
  const label = parts.every((part) => part.name === draftName(part.draft, members))
    ? joinedLabel(parts.map(({ draft }) => draft))
    : null;
  const draft: Draft = { ...first.draft, members, label: label ?? first.draft.label, part: label ? null : first.draft.part };
  const name = label && label.by !== 'size' ? draftName(draft, members) : joinNames(parts.map((part) => part.name));
  // From the highest down, so that the numbers still mean what they say.
  for (const number of [...ordered].reverse()) chunks.splice(number - 1, 1);
  chunks.splice((ordered[0] ?? 1) - 1, 0, { draft, name, members });
  return null;
}

function split(chunks: NamedDraft[], number: number, after: number, keys: Keys, units: Units | null): string | null {
  const chunk = chunks[number - 1];
  if (!chunk) return `There is no chunk ${number}.`;
  const at = chunk.members.findIndex((index) => (keys.ordinals[index] ?? 0) > after);
  if (at <= 0) return `Splitting chunk ${number} after item ${after} would leave one half empty.`;
  const halves = [chunk.members.subarray(0, at), chunk.members.subarray(at)];
  if (units) {
    const left = new Set(Array.from(halves[0] ?? [], (index) => units.unit[index] ?? -1));
    const shared = halves[1]?.find((index) => (units.unit[index] ?? -1) !== -1 && left.has(units.unit[index] ?? -1));
    if (shared !== undefined)
      return `Splitting chunk ${number} there would separate items that share “${keys.resources[shared] ?? ''}”.`;
  }
  const parts = halves.map((members, half) => ({ draft: chunk.draft, members, name: `${chunk.name} (${half + 1} of 2)` }));
  chunks.splice(number - 1, 1, ...parts);
  return null;
}

function joinNames(names: readonly string[]): string {
  const joined = names.slice(0, 3).join(' + ');
  return names.length > 3 ? `${joined} and ${names.length - 3} more` : joined;
}
