/** Connections from the API to the target: made, planned with, sent over, changed, refused. */
import { beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { approved, asAdmin, listener, planOver, until } from '#test/fixtures/connected.ts';
import { leasesCount, steps } from '#test/fixtures/started-batch.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';
beforeAll(() => leasesCount(pool));

const target = await listener((request, response) => {
  response.statusCode = request.headers.authorization === 'Bearer a-token-nobody-sees' ? 201 : 401;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: 'T1', you: request.headers.authorization }));
});

describe('a bearer connection', () => {
  test('is made by the API, used by a plan, sent by the worker, and seen nowhere else', async () => {
    const made = await asAdmin('POST', '/connections', {
      name: 'crm',
      connector: 'http',
      address: `${target.url}/api`,
      auth: { kind: 'bearer' },
      secrets: { token: 'a-token-nobody-sees' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'crm', address: `${target.url}/api/`, auth: { kind: 'bearer', secret: { version: 1, set: true } } },
    });
    expect(made.text).not.toContain('nobody');
    const batchId = await approved(pool, 2, planOver('crm'));
    await until(pool, batchId, 'done', 'halted');
    expect(await steps(pool, batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'], 2: ['intent', 'outcome:succeeded'] });
    expect(target.reached.map(({ url }) => url).sort()).toEqual(['/api/tickets/mail%201', '/api/tickets/mail%202']);
    expect(await everything()).not.toMatch(/nobody|YS10b2tlbi/);
  });
});

/** All that is in the database, as text. */
async function everything(): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'",
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<Record<string, unknown>>(`SELECT * FROM "${name}"`);
    for (const row of rows)
      for (const value of Object.values(row))
        texts.push(Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value));
  }
  return texts.join('\n');
}
