/** What moving an item to another category says of the categories: a mark on the one it left, or on the one it came back to. */
import type { Correction } from '#lib/store/chunks/classifications.ts';
import { isPersons } from '#lib/store/chunks/given-by.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { addMarks, type NewMark, readSaidOf } from './reviews.sql.ts';

/** An item that was moved; `was`: who gave it the category that it left. */
export type Moved = Pick<Correction, 'ordinal' | 'from' | 'to'> & { was: string };

/**
 * Stores the marks of a correction, in its transaction with the chunk's row locked: a category that a classifier gave was wrong, and one that somebody moves
 * the item back to was not. Where a person gave the category that it leaves, nothing is said of a classifier.
 */
export async function markMoved(tx: Querying, batchId: string, moved: readonly Moved[], by: string): Promise<void> {
  const marked = await readMarks(tx, batchId, moved);
  const marks = moved.flatMap(({ ordinal, from, to, was }): NewMark[] => {
    const [left, met] = [marked.get(`${ordinal} ${from}`), marked.get(`${ordinal} ${to}`)];
    // A classifier gave it: as the classification says, or as an earlier mark does where the item had been moved away and back.
    const isWrong = !isPersons(was) || left?.wasWrong === true;
    return [
      ...(isWrong ? [{ ordinal, category: from, verdict: 'wrong' as const }] : []),
      ...(met?.last === 'wrong' ? [{ ordinal, category: to, verdict: 'withdrawn' as const }] : []),
    ];
  });
  await addMarks(tx, batchId, marks, by);
}

type Marked = { last: string; wasWrong: boolean };

/** By "ordinal category", of what people have moved before: only there a mark can stand in the way. */
async function readMarks(tx: Querying, batchId: string, moved: readonly Moved[]): Promise<Map<string, Marked>> {
  const ordinals = moved.filter(({ was }) => isPersons(was)).map(({ ordinal }) => ordinal);
  const marks = new Map<string, Marked>();
  if (ordinals.length === 0) return marks;
  for (const { ordinal, category, verdict } of await readSaidOf(tx, batchId, ordinals)) {
    const key = `${ordinal} ${category}`;
    marks.set(key, { last: verdict, wasWrong: verdict === 'wrong' || marks.get(key)?.wasWrong === true });
  }
  return marks;
}
