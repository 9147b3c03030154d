import type { Pool } from 'pg';

/** Of these migrations, those that the database lacks. */
export async function missingMigrations(pool: Pool, names: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name WHERE NOT EXISTS (
       SELECT FROM _prisma_migrations WHERE migration_name = name AND finished_at IS NOT NULL AND rolled_back_at IS NULL)`,
    [names],
  );
  return rows.map(({ name }) => name);
}
