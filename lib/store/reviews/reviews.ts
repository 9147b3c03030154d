/** People's marks: append-only, so that a mark that was taken back has left its trace too. */
import type { VERDICTS } from '#lib/shapes/evidence.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';

export type NewMark = { ordinal: number; category: string; verdict: (typeof VERDICTS)[number] };

/** Adds marks. The caller has locked the chunk: what is the latest is the latest for whoever comes after. */
export async function addMarks({ prisma }: WithModels, batchId: string, marks: readonly NewMark[], by: string): Promise<void> {
  for (const page of modelPages(marks)) await prisma.review.createMany({ data: page.map((mark) => ({ ...mark, batchId, by })) });
}
