import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { SMALL, usedFolder } from '#test/embedded.ts';
import { eraseValues } from '#test/fixtures/erased.ts';
import { openPool } from './db.ts';
import { startEmbedded } from './embedded.ts';
import { APPEND_ONLY, closeToOthers, grantToApplication } from './grants.ts';
import { assertReceiptProtection } from './protection.ts';
import { schemaDifference } from './schema-engine.ts';

const { pool, ownerPool, superPool, ownerUrl, url } = await testDatabase();
const batch = randomUUID();

// What a decision belongs to: everything here has one id.
beforeAll(async () => {
  await pool.query(`INSERT INTO dataset (id, name, state, created_by) VALUES ($1, 'a.csv', 'ready', 'user:x')`, [batch]);
  await pool.query(
    `INSERT INTO batch (id, dataset_id, name, plan, plan_digest, state, routing, created_by) VALUES ($1, $1, 'A', '{}', '', 'proposed', 'one', 'user:x')`,
    [batch],
  );
  await pool.query(
    `INSERT INTO chunk (id, batch_id, number, name, item_count, state, seed) VALUES ($1, $1, 1, 'One', 1, 'proposed', '')`,
    [batch],
  );
});

beforeAll(async () => {
  await pool.query(
    `INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, body, leaf) VALUES ($1, 1, 1, 1, 1, 'intent', '{}', $2)`,
    [batch, Buffer.alloc(32)],
  );
  await pool.query(
    `INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value) VALUES ($1, 1, 1, 'from', 'salt', 'a@b')`,
    [batch],
  );
  await pool.query(`INSERT INTO frozen_request (digest, bytes) VALUES ($1, '{}')`, [Buffer.alloc(32)]);
  await pool.query(
    `INSERT INTO correction (batch_id, ordinal, "from", "to", by, revision) VALUES ($1, 1, 'a', 'b', 'user:x', 2)`,
    [batch],
  );
  await pool.query(
    `INSERT INTO manifest_row (decision_id, ordinal, chunk_id, category, item_digest) VALUES ($1, 1, $1, 'a', $2)`,
    [batch, Buffer.alloc(32)],
  );
});

beforeAll(async () => {
  await pool.query(
    `INSERT INTO undo_item (batch_id, ordinal, step, leaf, category, connector, "do", version, request_digest, undone_digest)
     VALUES ($1, 1, 2, $2, 'a', 'shelf', 'restore', 2, $2, $2)`,
    [batch, Buffer.alloc(32)],
  );
  await pool.query(`INSERT INTO decision (id, batch_id, root, answers, by, via) VALUES ($1, $1, $2, '{}', 'user:x', 'api')`, [
    batch,
    Buffer.alloc(32),
  ]);
  await pool.query('INSERT INTO decision_chunk (decision_id, chunk_id, revision, digest) VALUES ($1, $1, 1, $2)', [
    batch,
    Buffer.alloc(32),
  ]);
  await pool.query(
    `INSERT INTO batch_plan (batch_id, revision, plan, digest, seq, reviews, "by", via) VALUES ($1, 2, '{}', $2, 2, 0, 'user:x', 'page')`,
    [batch, Buffer.alloc(32)],
  );
  await pool.query(
    `INSERT INTO dataset_reading (id, dataset_id, revision, body, digest, created_by) VALUES ($1, $1, 1, '{}', $2, 'user:x')`,
    [batch, Buffer.alloc(32)],
  );
  await pool.query(`INSERT INTO secret (id, version, ciphertext, created_by) VALUES ($1, 1, 'sealed', 'user:x')`, [batch]);
});

const CHANGES: Record<string, string> = {
  receipt: `UPDATE receipt SET body = '{"v":2}'`,
  manifest_row: `UPDATE manifest_row SET category = 'b'`,
  frozen_request: `UPDATE frozen_request SET bytes = '{"a":1}'`,
  undo_item: `UPDATE undo_item SET category = 'b'`,
  correction: `UPDATE correction SET "to" = 'c'`,
  decision: `UPDATE decision SET by = 'user:somebody else'`,
  decision_chunk: `UPDATE decision_chunk SET digest = sha256(digest)`,
  batch_plan: `UPDATE batch_plan SET digest = sha256(digest)`,
  receipt_value: `UPDATE receipt_value SET value = 'somebody else'`,
  dataset_reading: `UPDATE dataset_reading SET body = '{"a":1}'`,
  secret: `UPDATE secret SET ciphertext = 'another'`,
};

describe.each(Object.entries(CHANGES))('%s', (table, update) => {
  const attempts = [update, `DELETE FROM ${table}`, `TRUNCATE ${table} CASCADE`];

  test.each(attempts)('the application role may not: %s', async (sql) => {
    // Updating what can be erased is granted, so there the trigger speaks; everywhere else the missing right.
    const erasable = /^UPDATE (receipt_value|frozen_request|dataset_reading|secret) /.test(sql);
    await expect(pool.query(sql)).rejects.toThrow(erasable ? /append-only/ : /permission denied/);
  });

  test.each(attempts)('a trigger stops the owner: %s', async (sql) => {
    await expect(ownerPool.query(sql)).rejects.toThrow(/append-only/);
  });

  test.each(attempts)('and a superuser who plays replica: %s', async (sql) => {
    await expect(asReplica(superPool, sql)).rejects.toThrow(/append-only/);
  });
});

test('an erasure empties salt and value, once and for all', async () => {
  await expect(pool.query('UPDATE receipt_value SET salt = NULL, value = NULL')).rejects.toThrow(/append-only/);
  await eraseValues(pool, batch);
  await expect(pool.query(`UPDATE receipt_value SET salt = 'x', value = 'y' WHERE batch_id = $1`, [batch])).rejects.toThrow(
    /append-only/,
  );
  await expect(ownerPool.query(`UPDATE receipt_value SET field = 'to' WHERE batch_id = $1`, [batch])).rejects.toThrow(
    /append-only/,
  );
});

test('a reading is erased where its dataset has no batch, and stays whole where it has one', async () => {
  const erase = (dataset: string) => ownerPool.query('UPDATE dataset_reading SET body = NULL WHERE dataset_id = $1', [dataset]);
  await expect(erase(batch)).rejects.toThrow(/append-only/);
  const unused = randomUUID();
  await pool.query(`INSERT INTO dataset (id, name, state, created_by) VALUES ($1, 'b.csv', 'ready', 'user:x')`, [unused]);
  await pool.query(
    `INSERT INTO dataset_reading (id, dataset_id, revision, body, digest, created_by) VALUES ($1, $1, 1, '{}', $2, 'user:x')`,
    [unused, Buffer.alloc(32)],
  );
  expect((await erase(unused)).rowCount).toBe(1);
});

test('the append-only tables are those that grants and triggers name, and the rest may be written', async () => {
  const { rows } = await pool.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
       AND NOT (has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE') AND has_table_privilege(oid, 'INSERT')) ORDER BY 1`,
  );
  expect(rows.map((row) => row.relname)).toEqual([...Object.keys(APPEND_ONLY), '_prisma_migrations'].sort());
});

test('the committed migrations and schema.prisma agree', async () => {
  expect(await schemaDifference(ownerUrl)).toBe('');
});

describe('start-up', () => {
  // A database that is cloned has its template's tables, and everybody's rights on it anew.
  const close = async () => {
    const owner = await ownerPool.connect();
    await grantToApplication(owner, 'countersign_app');
    await closeToOthers(owner);
    owner.release();
  };

  test('refuses a database that everybody may connect to, and fill with temporary tables', async () => {
    await expect(assertReceiptProtection(pool, true)).rejects.toThrow(
      /PUBLIC has CONNECT[\s\S]*PUBLIC has TEMPORARY[\s\S]*REVOKE/,
    );
    await superPool.query('CREATE ROLE passer_by LOGIN PASSWORD $$passing$$');
    const passing = new URL(ownerUrl);
    Object.assign(passing, { username: 'passer_by', password: 'passing' });
    const connect = async () => {
      const client = new pg.Client({ connectionString: passing.href });
      await client.connect();
      await client.query('CREATE TEMPORARY TABLE t ()').finally(() => client.end());
    };
    try {
      await connect();
      await close();
      await expect(connect()).rejects.toThrow(/permission denied for database/);
    } finally {
      await superPool.query('DROP ROLE passer_by');
    }
  });

  test('leaves the application and the owner what they need, and the application no temporary tables', async () => {
    await close();
    const fresh = [url, ownerUrl].map((connectionString) => new pg.Client({ connectionString }));
    for (const client of fresh) {
      await client.connect();
      await client.query('SELECT FROM batch');
      await client.query('SELECT FROM pgboss.job');
    }
    await expect(fresh[0]?.query('CREATE TEMPORARY TABLE t ()')).rejects.toThrow(/permission denied/);
    for (const client of fresh) await client.end();
  });

  test('accepts two roles, and says so when there is only one', async () => {
    const dataDir = usedFolder();
    const server = await startEmbedded({ dataDir, settings: SMALL });
    const [application, owner] = [openPool(server.appUrl), openPool(server.ownerUrl)];
    try {
      expect(await assertReceiptProtection(application, true)).toEqual({ roles: 'separate' });
      expect(await assertReceiptProtection(owner, false)).toEqual({ roles: 'single' });
    } finally {
      await Promise.all([application.end(), owner.end()]);
      await server.stop();
      rmSync(dirname(dataDir), { recursive: true, force: true });
    }
  });

  test('refuses a server that may lose what it wrote when the machine dies', async () => {
    await expect(assertReceiptProtection(pool, true)).rejects.toThrow(/fsync is off: .* Turn it on\./);
  });

  test('refuses an application role that owns the tables', async () => {
    await expect(assertReceiptProtection(ownerPool, true)).rejects.toThrow(/countersign_owner has .*ownership on receipt/);
  });

  test('refuses a trigger that is only enabled, and one that is missing', async () => {
    await ownerPool.query('ALTER TABLE receipt ENABLE TRIGGER receipt_append_only');
    await ownerPool.query('DROP TRIGGER receipt_no_truncate ON receipt');
    const refusal = expect(assertReceiptProtection(pool, true)).rejects;
    await refusal.toThrow(/receipt_append_only is not ENABLE ALWAYS[\s\S]*receipt_no_truncate is missing/);
  });

  test('refuses commits that are not on disk', async () => {
    const client = await ownerPool.connect();
    try {
      await client.query('SET synchronous_commit = off');
      await expect(assertReceiptProtection(client, false)).rejects.toThrow(/synchronous_commit is off/);
    } finally {
      client.release(true);
    }
  });
});

async function asReplica(pool: pg.Pool, sql: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(sql);
  } finally {
    client.release(true);
  }
}
