import type pg from 'pg';
import { CountersignError } from '#lib/core/errors.ts';

/** `separate`: the application can't change receipts. `single`: it connects as the owner, and only the triggers stand. */
export type Protection = { roles: 'separate' | 'single' };

/** Of these single columns may be updated: what can be erased, or ends. What of them a trigger lets through is no change of the record. */
const ERASABLE = [
  ...['receipt_value', 'frozen_request', 'correction', 'decision', 'batch_plan', 'security_event', 'dataset_reading'],
  ...['erasure', 'secret'],
];

/** The triggers that I5 and I6 stand on, each ENABLE ALWAYS. */
const TRIGGERS: Record<string, string[]> = {
  receipt: ['receipt_append_only', 'receipt_no_truncate'],
  manifest_row: ['manifest_row_append_only', 'manifest_row_no_truncate'],
  frozen_request: ['frozen_request_erasure_only', 'frozen_request_no_delete', 'frozen_request_no_truncate'],
  undo_item: ['undo_item_append_only', 'undo_item_no_truncate'],
  correction: ['correction_erasure_only', 'correction_no_delete', 'correction_no_truncate'],
  review: ['review_append_only', 'review_no_truncate'],
  follow_up_act: ['follow_up_act_append_only', 'follow_up_act_no_truncate'],
  decision: ['decision_erasure_only', 'decision_no_delete', 'decision_no_truncate'],
  decision_chunk: ['decision_chunk_append_only', 'decision_chunk_no_truncate'],
  batch_plan: ['batch_plan_erasure_only', 'batch_plan_no_delete', 'batch_plan_no_truncate'],
  security_event: ['security_event_erasure_only', 'security_event_no_delete', 'security_event_no_truncate'],
  receipt_value: ['receipt_value_erasure_only', 'receipt_value_no_delete', 'receipt_value_no_truncate'],
  dataset_reading: ['dataset_reading_erasure_only', 'dataset_reading_no_delete', 'dataset_reading_no_truncate'],
  erasure: ['erasure_progress_only', 'erasure_no_truncate'],
  erasure_entry: ['erasure_entry_of_one', 'erasure_entry_append_only', 'erasure_entry_no_truncate'],
  secret: ['secret_end_only', 'secret_no_delete', 'secret_no_truncate'],
};

/**
 * Reads the catalogue as the application role and refuses to go on where the record is not protected (I6) or a commit is not on disk.
 *
 * @param separate whether two roles were given, so that rights that only an owner has are a fault, and those of everybody.
 * @throws CountersignError `unavailable`, naming every fault found.
 */
export async function assertReceiptProtection(pool: Pick<pg.Pool, 'query'>, separate: boolean): Promise<Protection> {
  const faults = [...(await unsafeSettings(pool)), ...(await missingTriggers(pool))];
  const excess = await excessRights(pool);
  if (separate) faults.push(...excess, ...(await rightsOfAll(pool)));
  if (faults.length === 0) return { roles: excess.length === 0 ? 'separate' : 'single' };
  throw new CountersignError(
    'unavailable',
    `The database does not protect receipts, so nothing is started:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  );
}

async function unsafeSettings(pool: Pick<pg.Pool, 'query'>): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'`,
  );
  return rows.map(({ name }) => `${name} is off: a receipt that was acknowledged could be lost in a crash. Turn it on.`);
}

async function missingTriggers(pool: Pick<pg.Pool, 'query'>): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; enabled: string }>(
    `SELECT c.relname || '.' || t.tgname AS name, t.tgenabled AS enabled
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal`,
  );
  const enabled = new Map(rows.map((row) => [row.name, row.enabled]));
  const wanted = Object.entries(TRIGGERS).flatMap(([table, names]) => names.map((name) => `${table}.${name}`));
  return wanted
    .filter((name) => enabled.get(name) !== 'A')
    .map(
      (name) => `trigger ${name} ${enabled.has(name) ? 'is not ENABLE ALWAYS' : 'is missing'}. Run the migrations as the owner.`,
    );
}

/** Migrating takes these away; a migration role that does not own the database can't. */
async function rightsOfAll(pool: Pick<pg.Pool, 'query'>): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; right: string }>(
    `SELECT quote_ident(d.datname) AS name, a.privilege_type AS right
     FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
     WHERE d.datname = current_database() AND a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'TEMPORARY') ORDER BY 2`,
  );
  return rows.map(
    ({ name, right }) => `PUBLIC has ${right} on the database. As its owner: REVOKE ${right} ON DATABASE ${name} FROM PUBLIC.`,
  );
}

async function excessRights(pool: Pick<pg.Pool, 'query'>): Promise<string[]> {
  const { rows } = await pool.query<{ role: string; relname: string; verbs: string[] }>(
    `SELECT current_user AS role, c.relname,
            array_remove(ARRAY[
              CASE WHEN c.relname <> ALL ($2) AND has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
              CASE WHEN has_table_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
              CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END,
              CASE WHEN has_table_privilege(c.oid, 'TRUNCATE') THEN 'TRUNCATE' END,
              CASE WHEN has_table_privilege(c.oid, 'TRIGGER') THEN 'TRIGGER' END,
              CASE WHEN pg_has_role(current_user, c.relowner, 'MEMBER') THEN 'ownership' END], NULL) AS verbs
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1) ORDER BY c.relname`,
    [Object.keys(TRIGGERS), ERASABLE],
  );
  return rows
    .filter(({ verbs }) => verbs.length > 0)
    .map(
      ({ role, relname, verbs }) =>
        `role ${role} has ${[...new Set(verbs)].join(', ')} on ${relname}. DATABASE_URL must name a role that owns nothing.`,
    );
}
