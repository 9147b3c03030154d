/**
 * What somebody typed into a plan and did not save: kept in their tab, so that a refusal, a reload or a lost session takes nothing of it. Each person has their
 * own; whoever is signed in next in the same tab is not shown it, and it is gone then.
 */
import type { Plan } from '#lib/core/plans/plan.ts';

/** A proposed batch that was made of the plan, with the name and the plan that it has. */
export type MadeBatch = { id: string; planDigest: string; name: string; plan: Plan };

/** A batch that was asked for and not answered: the same again, with the same key, makes no second one. */
export type SentBatch = { key: string; name: string; plan: Plan };

export type PlanDraft = { name: string; plan: Plan; made: MadeBatch | null; sent: SentBatch | null };

/** The part of a Storage that this needs. */
type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

const BEGIN = 'countersign:plan:';

/** @param place what the plan is for: one person may have one open for each */
export function readDraft(kept: Kept, person: string, place: string): PlanDraft | null {
  const text = kept.getItem(keyOf(person, place));
  if (text === null) return null;
  try {
    const { version, ...draft } = JSON.parse(text) as PlanDraft & { version: number };
    return version === VERSION ? draft : null;
  } catch {
    return null;
  }
}

/** A tab that has no room for it, or may keep nothing, goes without. */
export function keepDraft(kept: Kept, person: string, place: string, draft: PlanDraft): void {
  try {
    kept.setItem(keyOf(person, place), JSON.stringify({ ...draft, version: VERSION }));
  } catch {
    kept.removeItem(keyOf(person, place));
  }
}

export function dropDraft(kept: Kept, person: string, place: string): void {
  kept.removeItem(keyOf(person, place));
}

/** Takes away what others left in this tab. */
export function dropDraftsOfOthers(kept: Kept, person: string): void {
  const keys = Array.from({ length: kept.length }, (_, index) => kept.key(index) ?? '');
  for (const key of keys) if (key.startsWith(BEGIN) && !key.startsWith(keyOf(person, ''))) kept.removeItem(key);
}

/** Raised when a draft of before could not be read as one any more. */
const VERSION = 1;

const keyOf = (person: string, place: string): string => `${BEGIN}${person} ${place}`;
