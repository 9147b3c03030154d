import type pg from 'pg';

/**
 * What the application role may do where it is not everything (I6). A table that is not named here: SELECT, INSERT, UPDATE, DELETE.
 * @internal for its tests
 */
export const APPEND_ONLY: Record<string, string> = {
  receipt: 'SELECT, INSERT',
  manifest_row: 'SELECT, INSERT',
  undo_item: 'SELECT, INSERT',
  review: 'SELECT, INSERT',
  kept_classification: 'SELECT, INSERT',
  follow_up_act: 'SELECT, INSERT',
  decision_chunk: 'SELECT, INSERT',
  // Caches of what receipts and classifications say; nothing is taken out of them.
  chunk_fold: 'SELECT, INSERT, UPDATE',
  chunk_look: 'SELECT, INSERT, UPDATE',
  chunk_category: 'SELECT, INSERT, UPDATE',
  chunk_part: 'SELECT, INSERT, UPDATE',
  // Erasure, and nothing else, as the triggers see to.
  receipt_value: 'SELECT, INSERT, UPDATE (salt, value)',
  dataset_reading: 'SELECT, INSERT, UPDATE (body)',
  frozen_request: 'SELECT, INSERT, UPDATE (bytes)',
  correction: 'SELECT, INSERT, UPDATE (note)',
  decision: 'SELECT, INSERT, UPDATE (override, note)',
  batch_plan: 'SELECT, INSERT, UPDATE (plan)',
  security_event: 'SELECT, INSERT, UPDATE (facts)',
  erasure_entry: 'SELECT, INSERT',
  // Its progress, and nothing else.
  erasure: 'SELECT, INSERT, UPDATE (state, wanted, reason, confirmed_by, confirmed_at, ended_at, place, after, looked)',
  // Its end, and nothing else, as the triggers see to.
  secret: 'SELECT, INSERT, UPDATE (ciphertext)',
};

const ORDINARY = 'SELECT, INSERT, UPDATE, DELETE';
const MIGRATIONS_TABLE = '_prisma_migrations';

/**
 * Takes from everybody what PostgreSQL gives to all who may sign in to the server: connecting to this database, and temporary tables in it, which fill its
 * disk. The owner keeps both; the application is granted what it needs. Idempotent.
 */
export async function closeToOthers(owner: pg.ClientBase): Promise<void> {
  await owner.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${await databaseName(owner)} FROM PUBLIC`);
}

async function databaseName(owner: pg.ClientBase): Promise<string> {
  const { rows } = await owner.query<{ name: string }>('SELECT current_database() AS name');
  return owner.escapeIdentifier(rows[0]?.name ?? '');
}

/** Gives the application role exactly its rights on our tables and on pg-boss's. Idempotent; `owner` owns both schemas. */
export async function grantToApplication(owner: pg.ClientBase, role: string): Promise<void> {
  const name = owner.escapeIdentifier(role);
  await owner.query('BEGIN');
  try {
    await owner.query(`GRANT CONNECT ON DATABASE ${await databaseName(owner)} TO ${name}`);
    await owner.query(`GRANT USAGE ON SCHEMA public TO ${name}`);
    await owner.query(`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${name}`);
    const { rows } = await owner.query<{ tablename: string }>(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> $1 ORDER BY 1`,
      [MIGRATIONS_TABLE],
    );
    for (const { tablename } of rows) {
      await owner.query(`GRANT ${APPEND_ONLY[tablename] ?? ORDINARY} ON public.${owner.escapeIdentifier(tablename)} TO ${name}`);
    }
    // Whether the migrations that this version needs stand is asked by /readyz.
    await owner.query(`GRANT SELECT (migration_name, finished_at, rolled_back_at) ON public.${MIGRATIONS_TABLE} TO ${name}`);
    await owner.query(`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${name}`);
    await owner.query(`GRANT USAGE ON SCHEMA pgboss TO ${name}`);
    await owner.query(`GRANT ${ORDINARY} ON ALL TABLES IN SCHEMA pgboss TO ${name}`);
    await owner.query(`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA pgboss TO ${name}`);
    await owner.query(`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgboss TO ${name}`);
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK');
    throw error;
  }
}
