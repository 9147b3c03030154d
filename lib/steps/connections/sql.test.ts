/** A batch over a database of somebody else, from the connection to the undo of the undo: by the API, with a real worker. */
import { afterAll, expect, test, vi } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { lookAtTarget } from '#lib/steps/requests/look-at-target.ts';
import { readItemRequest } from '#lib/steps/requests/read-item-request.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { previewUndo } from '#lib/steps/undo/preview-undo.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { testDatabase } from '#test/database.ts';
import { approve, approved, asAdmin, until } from '#test/fixtures/connected.ts';
import { ADA, chunkStates, counters, steps, workUntil } from '#test/fixtures/started-batch.ts';
import { theirDatabase } from '#test/fixtures/their-database.ts';
import { startProxy } from '#test/soak/proxy.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';
// Each wait for another attempt is the shortest that may be drawn.
vi.spyOn(Math, 'random').mockReturnValue(0);

const theirs = await theirDatabase(
  `CREATE TABLE mails (subject text PRIMARY KEY, folder text NOT NULL DEFAULT 'inbox');
   GRANT SELECT, INSERT, UPDATE, DELETE ON mails TO ROLE_OF_THE_PRODUCT; GRANT CREATE ON SCHEMA public TO ROLE_OF_THE_PRODUCT`,
  false,
);
const proxy = await startProxy(() => theirs.port);
afterAll(() => {
  proxy.close();
  vi.restoreAllMocks();
});
const folders = async () =>
  (await theirs.pool.query('SELECT folder FROM mails ORDER BY subject')).rows.map(({ folder }) => folder);
const planOver = (connection: string, execution: object = {}): PlanInput =>
  ({
    classifier: { kind: 'rules', rules: [], otherwise: 'file' },
    categories: [
      {
        name: 'file',
        action: {
          ...{ connector: 'sql', connection, do: 'update' },
          with: { table: 'public.mails', key: { subject: '{{subject}}' }, set: { folder: 'done' }, only: { folder: 'inbox' } },
        },
      },
    ],
    chunking: { by: 'size' },
    execution: { first: 0, concurrency: 4, ...execution },
    receiptFields: ['subject'],
  }) as PlanInput;
const connect = (name: string, port?: number) =>
  asAdmin('POST', '/connections', {
    ...{ name, connector: 'sql', address: theirs.address(port), auth: { kind: 'basic', username: theirs.user } },
    secrets: { password: theirs.password },
  });
const inbox = (n: number) =>
  theirs.pool.query(`TRUNCATE mails; INSERT INTO mails SELECT 'mail ' || n FROM generate_series(1, ${n}) n`);

test('a connection is made, tested, given its table by who asks for it, and asked for its password anew when its line changes', async () => {
  const made = await connect('db');
  expect(made).toMatchObject({ status: 201, body: { address: theirs.address(), keys: { honoured: true, forHours: null } } });
  expect(made.text).not.toContain(theirs.password);
  const id = String(made.body.id);
  const missing = await asAdmin('POST', `/connections/${id}/test`, {});
  expect(missing.body).toMatchObject({
    ok: false,
    offers: { mayPrepare: true, statements: [expect.stringContaining('CREATE TABLE'), expect.anything()] },
  });
  expect(await theirs.pool.query(`SELECT to_regclass('public.countersign_effects') AS it`)).toMatchObject({
    rows: [{ it: null }],
  });
  expect((await asAdmin('POST', `/connections/${id}/prepare`, {})).body).toMatchObject({ ok: true });
  expect((await asAdmin('GET', `/connections/${id}`)).body).toMatchObject({
    tested: {
      ok: true,
      offers: { tables: [{ name: 'public.mails', columns: ['subject', 'folder'], key: ['subject'], triggers: [] }] },
    },
  });
  const change = { revision: 1, auth: { kind: 'basic', username: theirs.user } };
  for (const address of [theirs.address().replace('disable', 'require'), theirs.address().replace('127.0.0.1', '127.0.0.2')])
    expect(await asAdmin('PUT', `/connections/${id}`, { ...change, address })).toMatchObject({
      ...{ status: 400, body: { problems: [{ path: 'secrets.password' }] } },
    });
  for (const address of ['postgresql://u:p@db.example/x', 'https://db.example/x', 'postgresql://db.example/'])
    expect(await asAdmin('PUT', `/connections/${id}`, { ...change, address })).toMatchObject({ status: 400 });
});

test('rows are changed once, told with what was there, undone, and done again', async () => {
  await inbox(3);
  await theirs.pool.query(`UPDATE mails SET folder = 'kept' WHERE subject = 'mail 3'`);
  const batchId = await approved(pool, 3, planOver('db'));
  const shown = await readItemRequest(ADA, { batchId, chunk: 1, ordinal: 1, whole: true });
  expect(shown?.request).toMatchObject({
    ...{ form: 'statement', parameters: ['done', 'mail 1', 'inbox'] },
    statement: { text: expect.stringMatching(/^UPDATE "public"."mails" AS t SET "folder" = \$1 WHERE/) },
  });
  expect(JSON.stringify(shown)).not.toContain(theirs.password);
  expect(await lookAtTarget(ADA, { batchId, chunk: 1, ordinal: 1 })).toMatchObject({
    ...{ says: 'answer', differs: [{ at: '/folder', now: '"inbox"', will: '"done"' }] },
  });
  await until(pool, batchId, 'done');
  expect(await steps(pool, batchId)).toEqual({
    ...{ 1: ['intent', 'outcome:succeeded'], 2: ['intent', 'outcome:succeeded'], 3: ['intent', 'outcome:failed'] },
  });
  expect(await folders()).toEqual(['done', 'done', 'kept']);
  const told: string[] = [];
  for await (const part of (await exportReceipts(ADA, { batchId, format: 'jsonl' })).body) told.push(String(part));
  expect(told.join('')).toContain('UPDATE 1');
  expect(told.join('')).toContain('not_as_read');

  expect(await previewUndo(ADA, { batchId })).toMatchObject({ restorable: 2 });
  const undo = await undoBatch(ADA, { batchId });
  await until(pool, undo.id, 'awaiting_review');
  await theirs.pool.query(`UPDATE mails SET folder = 'mine' WHERE subject = 'mail 2'`);
  await approve(pool, undo.id);
  await until(pool, undo.id, 'done');
  expect(await folders()).toEqual(['inbox', 'mine', 'kept']);
  expect((await steps(pool, undo.id))[2]).toEqual(['intent', 'outcome:failed']);

  const redo = await undoBatch(ADA, { batchId: undo.id });
  await until(pool, redo.id, 'awaiting_review');
  await approve(pool, redo.id);
  await until(pool, redo.id, 'done');
  expect(await folders()).toEqual(['done', 'mine', 'kept']);
});

test('the password is in nothing that is kept but its own row, where nobody reads it', async () => {
  const { rows } = await pool.query(
    `SELECT place FROM (
       SELECT 'request' AS place, convert_from(bytes, 'UTF8') AS text FROM frozen_request UNION ALL SELECT 'receipt', convert_from(body, 'UTF8') FROM receipt
       UNION ALL SELECT 'value', value FROM receipt_value UNION ALL SELECT 'plan', plan::text FROM batch UNION ALL SELECT 'connection', c::text FROM connection c
       UNION ALL SELECT 'log', facts::text FROM security_event UNION ALL SELECT 'secret', encode(ciphertext, 'escape') FROM secret) kept
     WHERE position($1 IN text) > 0`,
    [theirs.password],
  );
  expect(rows).toEqual([]);
});

test('a COMMIT whose answer is lost is found out by the same attempt, and one that nobody could ask about is settled when it is asked', async () => {
  await inbox(2);
  expect(await connect('proxied', proxy.port)).toMatchObject({ status: 201 });
  const first = await approved(pool, 1, planOver('proxied'));
  proxy.dropAnswerOf(/COMMIT\0/, () => {});
  await until(pool, first, 'done');
  expect(await steps(pool, first)).toEqual({ 1: ['intent', 'outcome:succeeded'] });
  expect(await folders()).toEqual(['done', 'inbox']);

  // The COMMIT never arrives, and nobody can be asked then.
  await inbox(1);
  const second = await approved(pool, 1, planOver('proxied', { retry: { attempts: 1 } }));
  proxy.dropStatement(/COMMIT\0/, () => proxy.refuse(true));
  await workUntil(pool, async () =>
    (await chunkStates(pool, second)).every((state) => ['unresolved', 'done', 'halted'].includes(state)),
  );
  expect(await steps(pool, second)).toEqual({ 1: ['intent', 'outcome:uncertain'] });
  proxy.refuse(false);
  expect(await answerUncertain(ADA, { batchId: second, ordinals: [1], answer: 'ask' })).toMatchObject({
    ...{ answered: 1, said: [{ ordinal: 1, finding: 'did_not' }] },
  });
  expect(await steps(pool, second)).toEqual({ 1: ['intent', 'outcome:uncertain', 'resolution:not_executed'] });
  expect(await counters(pool, second)).toMatchObject({ uncertain: 0, notExecuted: 1, done: 0 });
});
