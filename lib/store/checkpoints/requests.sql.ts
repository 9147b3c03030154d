/** Which items of a chunk a category has, and in which fields they differ: along indexes, and of a bounded number. Prisma has no words for either. */
import type { Querying } from '#lib/store/postgres/db.ts';

/** The ordinals of the first items of a category as it is now. */
export async function readFirstOf(client: Querying, chunkId: string, category: string, limit: number): Promise<number[]> {
  const { rows } = await client.query<{ ordinal: number }>(
    'SELECT ordinal FROM classification WHERE chunk_id = $1 AND category = $2 ORDER BY ordinal LIMIT $3',
    [chunkId, category, limit],
  );
  return rows.map(({ ordinal }) => ordinal);
}

/** Those of these fields in which some of these items are not as the first of them. */
export async function readDifferingFields(
  client: Querying,
  datasetId: string,
  ordinals: readonly number[],
  names: readonly string[],
): Promise<string[]> {
  if (ordinals.length < 2 || names.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(
    `SELECT f.name FROM item one CROSS JOIN unnest($3::text[]) WITH ORDINALITY AS f(name, place)
     WHERE one.dataset_id = $1 AND one.ordinal = $4 AND EXISTS (
       SELECT FROM unnest($2::int[]) AS asked(ordinal) JOIN item i ON i.dataset_id = $1 AND i.ordinal = asked.ordinal
       WHERE i.fields ->> f.name IS DISTINCT FROM one.fields ->> f.name)
     ORDER BY f.place`,
    [datasetId, ordinals.slice(1), names, ordinals[0]],
  );
  return rows.map(({ name }) => name);
}
