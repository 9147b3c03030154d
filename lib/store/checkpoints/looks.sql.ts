/** Keeps what a checkpoint shows. A statement of our own: Prisma's upsert has no condition under which the row that is there stays. */
import type { Pool } from 'pg';
import type { Querying } from '#lib/store/postgres/db.ts';
import type { Picked } from './checkpoint-reads.sql.ts';

export type Look = { counts: Map<string, number>; random: Picked[]; unsure: Picked[] };

/** Every change of a classification raises the revision in its transaction, so what was read before the change is never asked for after it. */
export async function keepLook(
  pool: Pool,
  { id, revision }: { id: string; revision: number },
  { counts, random, unsure }: Look,
): Promise<void> {
  const pairs = (picked: readonly Picked[]) => JSON.stringify(picked.map(({ ordinal, category }) => [ordinal, category]));
  await pool.query(
    `INSERT INTO chunk_look (chunk_id, revision, counts, random, unsure) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (chunk_id) DO UPDATE SET revision = excluded.revision, counts = excluded.counts, random = excluded.random, unsure = excluded.unsure
     WHERE chunk_look.revision < excluded.revision`,
    [id, revision, JSON.stringify([...counts]), pairs(random), pairs(unsure)],
  );
}

/** As they are stored, of thousands of chunks in one statement: inside of a transaction too, where Prisma's is another connection's. */
export async function readStoredLooks(
  client: Querying,
  chunks: readonly { id: string; revision: number }[],
): Promise<{ id: string; counts: unknown; random: unknown; unsure: unknown }[]> {
  const { rows } = await client.query<{ id: string; counts: unknown; random: unknown; unsure: unknown }>(
    `SELECT l.chunk_id AS id, l.counts, l.random, l.unsure FROM unnest($1::uuid[], $2::int[]) AS asked(id, revision)
     JOIN chunk_look l ON l.chunk_id = asked.id AND l.revision = asked.revision`,
    [chunks.map(({ id }) => id), chunks.map(({ revision }) => revision)],
  );
  return rows;
}
