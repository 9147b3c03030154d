/** What moving an item to another category says of the categories: a mark on the one it left, or on the one it came back to. */
import type { VERDICTS } from '#lib/shapes/evidence.ts';
import { type Correction, isPersons } from '#lib/store/chunks/classifications.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';

/** An item that was moved; `was`: who gave it the category that it left. */
export type Moved = Pick<Correction, 'ordinal' | 'from' | 'to'> & { was: string };

/**
 * Stores the marks of a correction, in its transaction with the chunk's row locked: a category that a classifier gave was wrong, and one that somebody moves
 * the item back to was not. Where a person gave the category that it leaves, nothing is said of a classifier.
 */
export async function markMoved(tx: WithModels, batchId: string, moved: readonly Moved[], by: string): Promise<void> {
  const marked = await readMarks(tx, batchId, moved);
  const marks = moved.flatMap(({ ordinal, from, to, was }): { ordinal: number; category: string; verdict: Verdict }[] => {
    const [left, met] = [marked.get(`${ordinal} ${from}`), marked.get(`${ordinal} ${to}`)];
    // A classifier gave it: as the classification says, or as an earlier mark does where the item had been moved away and back.
    const isWrong = !isPersons(was) || left?.wasWrong === true;
    return [
      ...(isWrong ? [{ ordinal, category: from, verdict: 'wrong' as const }] : []),
      ...(met?.last === 'wrong' ? [{ ordinal, category: to, verdict: 'withdrawn' as const }] : []),
    ];
  });
  for (const page of modelPages(marks))
    await tx.prisma.review.createMany({ data: page.map((mark) => ({ ...mark, batchId, by })) });
}

type Verdict = (typeof VERDICTS)[number];
type Marked = { last: string; wasWrong: boolean };

/** By "ordinal category", of what people have moved before: only there a mark can stand in the way. */
async function readMarks({ prisma }: WithModels, batchId: string, moved: readonly Moved[]): Promise<Map<string, Marked>> {
  const ordinals = moved.filter(({ was }) => isPersons(was)).map(({ ordinal }) => ordinal);
  const marks = new Map<string, Marked>();
  if (ordinals.length === 0) return marks;
  const rows = await prisma.review.findMany({
    where: { batchId, ordinal: { in: ordinals } },
    orderBy: { id: 'asc' },
    select: { ordinal: true, category: true, verdict: true },
  });
  for (const { ordinal, category, verdict } of rows) {
    const key = `${ordinal} ${category}`;
    marks.set(key, { last: verdict, wasWrong: verdict === 'wrong' || marks.get(key)?.wasWrong === true });
  }
  return marks;
}
