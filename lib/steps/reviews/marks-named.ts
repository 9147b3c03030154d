import { actorName } from '#lib/core/people/actor-name.ts';
import type { Mark } from '#lib/shapes/evidence.ts';
import { readNames } from '#lib/store/people/names.ts';
import type { Db } from '#lib/store/postgres/db.ts';
import { readMarks } from '#lib/store/reviews/reviews.sql.ts';

/** The mark that counts on each of these items, by ordinal, with the name of who gave it. */
export async function readMarksNamed(db: Db, batchId: string, ordinals: readonly number[]): Promise<Map<number, Mark>> {
  const marks = await readMarks(db.pool, batchId, ordinals);
  const names = await readNames(
    db,
    [...marks.values()].map(({ by }) => by),
  );
  return new Map(
    [...marks].map(([ordinal, { category, verdict, by, at, filed }]) => [
      ordinal,
      { verdict, category, by: actorName(by, names), at: at.toISOString(), filed },
    ]),
  );
}
