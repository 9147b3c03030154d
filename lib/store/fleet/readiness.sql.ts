/** Whether the database answers, and whether it has what this version needs: about the server and Prisma's own table, which is no model. */
import type { Pool } from 'pg';

/** Resolves when the database answers; throws when it does not. */
export async function askDatabase(pool: Pool): Promise<void> {
  await pool.query('SELECT');
}

/** Of these migrations, those that the database lacks. */
export async function missingMigrations(pool: Pool, names: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name WHERE NOT EXISTS (
       SELECT FROM _prisma_migrations WHERE migration_name = name AND finished_at IS NOT NULL AND rolled_back_at IS NULL)`,
    [names],
  );
  return rows.map(({ name }) => name);
}
