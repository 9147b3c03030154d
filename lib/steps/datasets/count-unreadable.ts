/** How many values of a dataset's fields can't be read as what a person said that they are. */
import { type FieldGuess, meaningOf } from '#lib/core/values/meaning.ts';
import { valueReader } from '#lib/core/values/read-value.ts';
import { eachKey } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/**
 * The fields with their counts taken anew over all items, for those that are named. Items don't say in which line they stood, so no example is told: those of a
 * guess were of another meaning.
 */
export async function countUnreadable(
  datasetId: string,
  fields: readonly FieldGuess[],
  names: ReadonlySet<string>,
): Promise<FieldGuess[]> {
  const counted = fields.filter(({ name }) => names.has(name));
  if (counted.length === 0) return [...fields];
  const readers = counted.map((field) => valueReader(meaningOf(field)));
  const unreadable = counted.map(() => 0);
  await eachKey(
    db().pool,
    datasetId,
    counted.map(({ name }) => name),
    (_, values) => {
      for (const [index, read] of readers.entries()) {
        const text = values[index];
        if (text !== null && text !== undefined && read(text) === null) unreadable[index] = (unreadable[index] ?? 0) + 1;
      }
    },
  );
  return fields.map((field) => {
    const index = counted.indexOf(field);
    return index === -1 ? field : { ...field, unreadable: unreadable[index] ?? 0, examples: [] };
  });
}
