/** Rows in a database of somebody else: one effect for a key, whatever is lost on the way, and the truth about it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ApplyInput, Done } from '#lib/connectors/port.ts';
import type { CountersignError } from '#lib/core/errors.ts';
import { CONNECT_TIMEOUT_MS, TARGET_POOL_MAX } from '#lib/core/limits.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { HeldOff } from '#lib/core/receipts/answer.ts';
import { sha256Hex } from '#lib/ledger/canonical.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { theirDatabase } from '#test/fixtures/their-database.ts';
import { CERTIFICATE } from '#test/mailbox/certificate.ts';
import { startProxy } from '#test/soak/proxy.ts';
import { makeSql } from './connector.ts';

const theirs = await theirDatabase(`
  CREATE TABLE tickets (id bigint PRIMARY KEY, status text, amount numeric(10,2), due date, seen timestamptz, tags text[], data bytea, body json,
    changes int NOT NULL DEFAULT 0, CHECK (amount >= 0));
  CREATE FUNCTION count_changes() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changes = OLD.changes + 1; RETURN NEW; END';
  CREATE TRIGGER counting BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION count_changes();
  CREATE TABLE "Odd ""names""" ("the ""key"" $1" text, "constructor; --" text, "__proto__" text);
  CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, twice text GENERATED ALWAYS AS (name || name) STORED);
  CREATE TABLE parents (id int PRIMARY KEY);
  CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE);
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ROLE_OF_THE_PRODUCT;
`);
const proxy = await startProxy(() => theirs.port);
afterAll(() => proxy.close());

const ID = randomUUID();
const live = (address: string, id = ID): LiveConnection => ({
  ...{ id, name: 'crm-db', revision: 1, address, auth: { kind: 'basic', username: theirs.user } },
  ...{ secret: { password: theirs.password }, secretId: ID, secretVersion: 1, limits: { concurrency: null, windows: [] } },
  declared: { keys: { honoured: true, forHours: null }, inspect: null, success: null, permanent: false },
});
const DIRECT = live(theirs.address());
const PROXIED = live(theirs.address(proxy.port), randomUUID());
const mutes: LiveConnection[] = [];
const sql = makeSql({
  allowPrivateTargets: () => true,
  connections: async (id) => [DIRECT, PROXIED, ...mutes].find((one) => one.id === id) ?? null,
});
const never = new AbortController().signal;

const action = (verb: string, given: Action['with'], over = DIRECT): Action => ({
  ...{ connector: 'sql', connection: 'crm-db', do: verb, honoursKeys: false, with: given },
  through: {
    ...{ id: over.id, revision: 1, address: over.address, auth: over.auth, secret: `secret:${ID}` },
    ...{ keys: true, inspect: null, success: null, permanent: false },
  },
});
const close = (over = DIRECT, more: Action['with'] = {}): Action =>
  action('update', { table: 'public.tickets', key: { id: '{{id}}' }, set: { status: '{{to}}' }, ...more }, over);

/** A database that takes connections and says nothing. */
async function mute(): Promise<LiveConnection> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const own = live(theirs.address((server.address() as AddressInfo).port), randomUUID());
  mutes.push(own);
  return own;
}

const keyOf = (): string => randomBytes(16).toString('hex');
function inputOf(one: Action, fields: Record<string, string> = {}, more: Partial<ApplyInput> = {}): ApplyInput {
  return {
    ...{ batchId: ID, datasetId: ID, ordinal: 1, category: 'x', honoursKeys: true, idempotencyKey: keyOf() },
    action: { connector: 'sql', connection: 'crm-db', do: one.do, version: 1 },
    request: sql.prepare(one, { ordinal: 1, fields: { id: '1', to: 'closed', ...fields } }),
    ...more,
  };
}
const tickets = async () => (await theirs.pool.query('SELECT id::int, status, changes FROM tickets ORDER BY id')).rows;
const effects = async () => Number((await theirs.pool.query('SELECT count(*) FROM countersign_effects')).rows[0].count);
const DONE = { result: 'succeeded' };

beforeEach(async () => {
  await theirs.pool.query(`TRUNCATE tickets, countersign_effects, counted, parents, children, "Odd ""names"""`);
  await theirs.pool.query(`INSERT INTO tickets VALUES (2, 'open')`);
  await theirs.pool.query(
    `INSERT INTO tickets VALUES (1, 'open', 12.50, '2026-10-25', '2026-10-25 01:02:03.123456+02', '{a,"b c"}', '\\x00ff', '{"a": 1,  "a":2}')`,
  );
});

describe('an update', () => {
  test('changes its one row, keeps what was there, and acts once however often it is sent', async () => {
    const input = inputOf(close());
    const first = await sql.apply(input, never);
    expect(first).toMatchObject({ ...DONE, target: input.idempotencyKey });
    expect(first.heard).toContain('UPDATE 1\n\n');
    for (const mayHaveActed of [false, true]) expect(await sql.apply({ ...input, mayHaveActed }, never)).toEqual(first);
    expect(await tickets()).toEqual([
      { id: 1, status: 'closed', changes: 1 },
      { id: 2, status: 'open', changes: 0 },
    ]);
    const { rows } = await theirs.pool.query('SELECT * FROM countersign_effects');
    expect(rows).toEqual([
      expect.objectContaining({
        ...{ key: input.idempotencyKey, result: 'done', did: 'update', about: 'public.tickets', undoes: null },
        request: sha256Hex(input.request),
        before: expect.objectContaining({
          id: '1',
          status: 'open',
          amount: '12.50',
          seen: '2026-10-24 23:02:03.123456+00',
          changes: '0',
        }),
        after: expect.objectContaining({ status: 'closed', changes: '1' }),
      }),
    ]);
    expect(Buffer.from(input.request).toString()).not.toContain(theirs.password);
  });

  test('of none, of several, or of one that is not as it was read changes nothing, and says which', async () => {
    const failed = async (one: Action, fields = {}) => (await sql.apply(inputOf(one, fields), never)) as { reason: string };
    expect(await failed(close(), { id: '7' })).toMatchObject({ result: 'failed', reason: 'no_row' });
    expect(await failed(close(DIRECT, { key: { changes: '0', status: '{{was}}' } }), { was: 'open' })).toMatchObject({
      reason: 'several_rows',
    });
    expect(await failed(close(DIRECT, { only: { status: '{{was}}' } }), { was: 'waiting' })).toMatchObject({
      reason: 'not_as_read',
    });
    expect(await failed(close(DIRECT, { only: { amount: null } }))).toMatchObject({ reason: 'not_as_read' });
    expect(await tickets()).toEqual([1, 2].map((id) => ({ id, status: 'open', changes: 0 })));
    expect(await effects()).toBe(0);
    expect(await sql.apply(inputOf(close(DIRECT, { only: { status: 'open', amount: '12.5' } })), never)).toMatchObject(DONE);
  });

  test.each<[string, Action['with'], string]>([
    ['a check', { set: { amount: '-1' } }, 'check_refused'],
    ['a type', { set: { due: '' } }, 'value_refused'],
    ['NULL', { set: { changes: null, id: null } }, 'null_refused'],
    ['a unique index', { set: { id: '2' } }, 'duplicate'],
    ['a column that is not there', { set: { nope: '2' } }, 'no_column'],
    ['a table that is not there', { table: 'public.Tickets' }, 'no_table'],
  ])('that %s refuses has failed, with what the server said', async (_name, more, reason) => {
    const answer = await sql.apply(inputOf(close(DIRECT, more)), never);
    expect(answer).toMatchObject({ result: 'failed', reason, heard: expect.stringMatching(/^ERROR \w{5}\n\n./) });
    expect(sql.failureWords(reason)).toMatch(/\.$/);
    expect(await effects()).toBe(0);
  });

  test('whose empty values are NULL', async () => {
    await sql.apply(inputOf(close(DIRECT, { set: { due: '{{to}}', status: '' }, emptyIsNull: true }), { to: '' }), never);
    expect((await theirs.pool.query('SELECT due, status FROM tickets WHERE id = 1')).rows).toEqual([{ due: null, status: null }]);
  });
});

test('names and values are never a part of the statement', async () => {
  const odd = `x'; DROP TABLE tickets; -- $1 "`;
  await theirs.pool.query(`INSERT INTO "Odd ""names""" VALUES ($1, 'was', 'kept')`, [odd]);
  const one = action('update', {
    ...{ table: `public."Odd ""names"""`, key: { 'the "key" $1': '{{id}}' } },
    set: { 'constructor; --': '{{to}}' },
  });
  expect(await sql.apply(inputOf(one, { id: odd, to: `');--` }), never)).toMatchObject(DONE);
  const { rows } = await theirs.pool.query({ text: `SELECT * FROM "Odd ""names"""`, rowMode: 'array' });
  expect(rows).toEqual([[odd, `');--`, 'kept']]);
  expect((await theirs.pool.query(`SELECT before->>'__proto__' AS kept FROM countersign_effects`)).rows).toEqual([
    { kept: 'kept' },
  ]);
  expect(await tickets()).toHaveLength(2);
});

describe('nobody knows', () => {
  test('what became of a COMMIT whose answer is lost, until its key is asked for', async () => {
    const input = inputOf(close(PROXIED));
    let dropped = false;
    proxy.dropAnswerOf(/COMMIT\0/, () => {
      dropped = true;
    });
    expect(await sql.apply(input, never)).toMatchObject({ result: 'uncertain', reason: 'reset', repeat: 'unanswered' });
    expect(dropped).toBe(true);
    expect(await sql.inspect({ request: input.request, idempotencyKey: input.idempotencyKey }, never)).toEqual({
      ...{ finding: 'happened', target: input.idempotencyKey },
    });
    expect(await sql.apply({ ...input, mayHaveActed: true }, never)).toMatchObject(DONE);
    expect((await tickets())[0]).toEqual({ id: 1, status: 'closed', changes: 1 });
  });

  test('whether a COMMIT happened whose session was ended; one that the server refused has not', async () => {
    await theirs.pool.query(
      `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1/length(NEW.status); RETURN NEW; END';
       CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON tickets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()`,
    );
    const refused = inputOf(close(), { to: '' });
    expect(await sql.apply(refused, never)).toMatchObject({ result: 'failed', reason: 'value_refused' });
    await theirs.pool.query(
      `CREATE OR REPLACE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NEW; END'`,
    );
    await theirs.pool.query('ALTER FUNCTION late() SECURITY DEFINER');
    expect(await sql.apply(inputOf(close()), never)).toMatchObject({ result: 'uncertain', repeat: 'unanswered' });
    await theirs.pool.query('DROP TRIGGER late ON tickets; DROP FUNCTION late()');
    expect((await tickets())[0]).toEqual({ id: 1, status: 'open', changes: 0 });
  });

  test('and a line that breaks before it leaves nothing', async () => {
    const input = inputOf(close(PROXIED));
    proxy.dropAnswerOf(/UPDATE/, () => {});
    expect(await sql.apply(input, never)).toMatchObject({ result: 'failed', reason: 'reset' });
    expect((await tickets())[0]).toMatchObject({ changes: 0 });
  });

  test('what is not there when it is asked for will never be: who sends late finds that out', async () => {
    const input = inputOf(close());
    const { request, idempotencyKey } = input;
    expect(await sql.inspect({ request, idempotencyKey }, never)).toEqual({ finding: 'did_not' });
    expect(await sql.apply(input, never)).toMatchObject({ result: 'failed', reason: 'asked_first' });
    expect((await tickets())[0]).toMatchObject({ changes: 0 });
  });

  test('a repeat that has failed has failed for ever, and so has who sends late', async () => {
    const input = inputOf(close(), { id: '3' });
    expect(await sql.apply({ ...input, mayHaveActed: true }, never)).toMatchObject({ result: 'failed', reason: 'no_row' });
    await theirs.pool.query(`INSERT INTO tickets VALUES (3, 'open')`);
    expect(await sql.apply(input, never)).toMatchObject({ result: 'failed', reason: 'no_row' });
    expect((await tickets())[2]).toEqual({ id: 3, status: 'open', changes: 0 });
  });

  test('who still works under a key is waited for', async () => {
    const input = inputOf(close());
    const slow = await theirs.pool.connect();
    const lock = BigInt.asIntN(64, BigInt(`0x${input.idempotencyKey.slice(0, 16)}`));
    await slow.query(`BEGIN; SELECT pg_advisory_xact_lock(${lock})`);
    const repeated = sql.apply({ ...input, mayHaveActed: true }, never);
    await expect
      .poll(async () => (await theirs.pool.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).rowCount)
      .toBe(1);
    await slow.query(`UPDATE tickets SET status = 'mine' WHERE id = 1`);
    await slow.query(
      `INSERT INTO countersign_effects (key, result, did, request, about, before, after) VALUES ($1, 'done', 'update', $2, 'x', '{}', '{}')`,
      [input.idempotencyKey, sha256Hex(input.request)],
    );
    await slow.query('COMMIT');
    slow.release();
    expect(await repeated).toMatchObject(DONE);
    expect((await tickets())[0]).toEqual({ id: 1, status: 'mine', changes: 1 });
  });

  test('two at once under one key act once', async () => {
    const input = inputOf(close(), {}, { mayHaveActed: true });
    const [one, two] = await Promise.all([sql.apply(input, never), sql.apply(input, never)]);
    expect(one).toEqual(two);
    expect((await tickets())[0]).toEqual({ id: 1, status: 'closed', changes: 1 });
  });

  test('a key of another request is refused', async () => {
    const input = inputOf(close());
    await sql.apply(input, never);
    const other = { ...inputOf(close(), { id: '2' }), idempotencyKey: input.idempotencyKey };
    expect(await sql.apply(other, never)).toMatchObject({ result: 'failed', reason: 'key_of_another' });
  });
});

describe('undo', () => {
  const row = async (id: number) => (await theirs.pool.query('SELECT * FROM tickets WHERE id = $1', [id])).rows[0];
  const undoOf = async (one: Action, { request, idempotencyKey }: ApplyInput, before: string | null): Promise<ApplyInput> => {
    const done: Done = {
      ...{
        datasetId: ID,
        ordinal: 1,
        action: one,
        request,
        idempotencyKey,
        target: idempotencyKey,
        before,
        reason: null,
        undid: null,
      },
    };
    const [undo] = await sql.undo(theirs.pool, [done]);
    if (!undo || 'cannot' in undo) throw new Error(undo?.cannot);
    return {
      ...inputOf(one),
      action: { connector: 'sql', connection: 'crm-db', do: undo.action.do, version: 1 },
      request: undo.request,
    };
  };
  const act = async (input: ApplyInput) => {
    const answer = await sql.apply(input, never);
    if (answer.result !== 'succeeded') throw new Error(answer.reason);
    return answer.before ?? null;
  };

  test.each(['update', 'delete', 'insert'])(
    'of an %s gives the row as it was, once, and the undo of that does it again',
    async (verb) => {
      const set = { status: 'closed', amount: '3', ...(verb === 'insert' ? { id: '{{id}}' } : {}) };
      const parts: Action['with'] =
        verb === 'insert' ? { set } : verb === 'delete' ? { key: { id: '{{id}}' } } : { key: { id: '{{id}}' }, set };
      const one = action(verb, { table: 'public.tickets', ...parts });
      const id = verb === 'insert' ? 9 : 1;
      const was = await row(id);
      const input = inputOf(one, { id: String(id) });
      const before = await act(input);
      const done = await row(id);
      expect(done).not.toEqual(was);

      const back = await undoOf(one, input, before);
      const backBefore = await act(back);
      const counted = (given: { changes: number } | undefined, by: number) => given && { ...given, changes: given.changes + by };
      expect(await row(id)).toEqual(verb === 'update' ? counted(was, 2) : was);
      const again = await undoOf(one, input, before);
      expect(await sql.apply(again, never)).toMatchObject({ result: 'failed', reason: 'undone_already' });

      await act(await undoOf({ ...one, do: 'put_back' }, back, backBefore));
      expect(await row(id)).toEqual(verb === 'update' ? counted(done, 2) : done);
    },
  );

  test('of a row that somebody changed since is refused, and so is one whose receipt says otherwise', async () => {
    const input = inputOf(close());
    const before = await act(input);
    const lie = await undoOf(close(), input, 'f'.repeat(64));
    expect(await sql.apply(lie, never)).toMatchObject({ result: 'failed', reason: 'kept_otherwise' });
    await theirs.pool.query('UPDATE tickets SET amount = 13 WHERE id = 1');
    expect(await sql.apply(await undoOf(close(), input, before), never)).toMatchObject({
      result: 'failed',
      reason: 'changed_since',
    });
    expect(await row(1)).toMatchObject({ status: 'closed', amount: '13.00' });
  });

  test('gives a row its own number and its computed columns', async () => {
    await theirs.pool.query(`INSERT INTO counted (name) VALUES ('x')`);
    const { rows } = await theirs.pool.query('SELECT * FROM counted');
    const one = action('delete', { table: 'public.counted', key: { name: '{{id}}' } });
    const input = inputOf(one, { id: 'x' });
    await act(await undoOf(one, input, await act(input)));
    expect((await theirs.pool.query('SELECT * FROM counted')).rows).toEqual(rows);
  });

  test('rows of other tables go with a deleted one only where the action says so, and then nothing undoes it', async () => {
    await theirs.pool.query('INSERT INTO parents VALUES (1); INSERT INTO children VALUES (1, 1)');
    const given = { table: 'public.parents', key: { id: '{{id}}' } };
    expect(await sql.apply(inputOf(action('delete', given)), never)).toMatchObject({ result: 'failed', reason: 'would_cascade' });
    const one = action('delete', { ...given, cascade: true });
    expect([sql.effect(action('delete', given)), sql.effect(one)]).toEqual(['undoable', 'permanent']);
    const input = inputOf(one);
    await act(input);
    expect((await theirs.pool.query('SELECT * FROM children')).rows).toEqual([]);
    await expect(undoOf(one, input, null)).rejects.toThrow('rows of other tables');
  });
});

test('looking shows the row as it is and as it would be, and changes nothing', async () => {
  const look = (one: Action, fields = {}) => {
    const { request } = inputOf(one, fields);
    return sql.look?.(theirs.pool, { do: one.do, request, idempotencyKey: null, datasetId: ID, ordinal: 1 }, never);
  };
  const seen = (await look(close(DIRECT, { set: { status: 'closed', due: '2026-1-2' } }))) as {
    heard: string;
    whole: string;
    will: string;
  };
  expect(seen.heard).toMatch(/^one row of public.tickets where id = 1\nwhat its triggers do \(counting\) is not shown\n\n/);
  expect(JSON.parse(seen.whole)).toMatchObject({ status: 'open', due: '2026-10-25', amount: '12.50' });
  expect(JSON.parse(seen.will)).toEqual({ status: 'closed', due: '2026-01-02' });
  expect(await look(close(), { id: '7' })).toEqual({ words: expect.stringContaining('There is no row') });
  expect(await look(close(DIRECT, { only: { status: 'new' } }))).toMatchObject({
    heard: expect.stringContaining('not as it was read (status = new)'),
  });
  expect(await look(close(DIRECT, { set: { due: 'x' } }))).toEqual({ cannot: 'A value does not fit its column.' });
  expect([await tickets(), await effects()]).toEqual([[1, 2].map((id) => ({ id, status: 'open', changes: 0 })), 0]);
});

describe('the test of a connection', () => {
  const tested = () => sql.connections?.test(DIRECT, { method: 'GET', path: '', key: '' }, never);

  test('says which version, and lists the tables, with what acts when their rows are changed', async () => {
    await theirs.pool.query('CREATE RULE watched AS ON UPDATE TO tickets WHERE false DO ALSO NOTHING');
    expect(await tested()).toEqual({
      ok: true,
      reason: expect.stringMatching(
        /^PostgreSQL \d.*, as role_.*\. The table countersign_effects is there and may be written\.$/,
      ),
      offers: {
        tables: expect.arrayContaining([
          { name: 'public.parents', columns: ['id'], key: ['id'], triggers: [] },
          expect.objectContaining({ name: 'public.tickets', triggers: ['counting', 'watched'] }),
        ]),
      },
    });
    await theirs.pool.query('DROP RULE watched ON tickets');
  });

  test('gives the statements that are missing, and makes the table only for who asks, and only where the role may', async () => {
    await theirs.pool.query('ALTER TABLE countersign_effects RENAME TO theirs');
    const missing = await tested();
    expect(missing).toMatchObject({
      ok: false,
      offers: { mayPrepare: false, statements: [expect.stringMatching(/^CREATE TABLE public/), expect.anything()] },
    });
    expect(await sql.connections?.prepare?.(DIRECT, never)).toEqual(missing);
    await theirs.pool.query((missing?.offers?.statements ?? []).join('\n'));
    expect(await tested()).toMatchObject({ ok: true });
    await theirs.pool.query('DROP TABLE countersign_effects; GRANT CREATE ON SCHEMA public TO PUBLIC');
    expect(await tested()).toMatchObject({ ok: false, offers: { mayPrepare: true } });
    expect(await sql.connections?.prepare?.(DIRECT, never)).toMatchObject({ ok: true });
    await theirs.pool.query('DROP TABLE countersign_effects; ALTER TABLE theirs RENAME TO countersign_effects');
  });

  test('a refused password, a database that is not there, and an address that is not allowed are told apart', async () => {
    const test = (over: Partial<LiveConnection>, options = {}) =>
      makeSql({ allowPrivateTargets: () => true, connections: async () => null, ...options }).connections?.test(
        { ...DIRECT, id: randomUUID(), ...over },
        { method: 'GET', path: '', key: '' },
        never,
      );
    expect(await test({ secret: { password: 'wrong-one' } })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('credentials'),
    });
    expect(await test({ address: theirs.address().replace(theirs.database, 'nope') })).toMatchObject({
      reason: expect.stringContaining('no database'),
    });
    expect(await test({ address: theirs.address().replace('disable', 'verify-full') })).toMatchObject({
      reason: expect.stringContaining('TLS'),
    });
    expect(await test({}, { allowPrivateTargets: () => false })).toMatchObject({ reason: expect.stringContaining('private') });
    const allowed = { allowPrivateTargets: () => false, targetsAllowed: () => [`127.0.0.1:${theirs.port}`] };
    expect(await test({}, allowed)).toMatchObject({ ok: true });
    expect(await test({ address: theirs.address(1) })).toMatchObject({ ok: false, reason: expect.stringContaining('refused') });
  });
});

test('a database whose certificate nobody here trusts is told nothing, not even who asks', async () => {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const impostor = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', () => {
      socket.write('S');
      const secured = new TLSSocket(socket, { isServer: true, ...CERTIFICATE });
      secured.on('data', (bytes) => heard.push(String(bytes))).on('error', () => {});
    });
  });
  await new Promise<void>((done) => impostor.listen(0, '127.0.0.1', done));
  onTestFinished(() => void impostor.close());
  const { port } = impostor.address() as AddressInfo;
  const test = (mode: string) =>
    sql.connections?.test(
      live(`postgresql://localhost:${port}/x${mode}`, randomUUID()),
      { method: 'GET', path: '', key: '' },
      never,
    );
  for (const mode of ['', '?sslmode=verify-full'])
    expect(await test(mode)).toMatchObject({ ok: false, reason: expect.stringContaining('TLS') });
  expect(heard).toEqual([]);
  // Where a person asked for TLS without a check, it is told: the test can see what was kept from it.
  const unchecked = test('?sslmode=require');
  await expect.poll(() => heard.join(''), { timeout: 60_000 }).toContain(theirs.user);
  for (const one of sockets) one.destroy();
  expect(await unchecked).toMatchObject({ ok: false });
});

test('what is wrong with an action is told at its place', () => {
  const problems = (one: Action): string[] => {
    try {
      sql.check(one, ['id', 'to']);
      return [];
    } catch (error) {
      return (error as CountersignError).problems.map(({ path }) => path);
    }
  };
  expect(problems(close())).toEqual([]);
  expect(problems({ ...close(), connection: null })).toEqual(['connection']);
  expect(problems(action('update', { table: 'tickets' }))).toEqual(['with.table']);
  expect(problems(action('update', { table: 'public.tickets' }))).toEqual(['with.key', 'with.set']);
  expect(problems(action('update', { table: 'a.b', key: { id: '1' }, set: { a: '{{to}}' } }))).toEqual(['with.key']);
  expect(problems(action('insert', { table: 'a.b', key: { id: '{{id}}' }, set: { a: 1 } }))).toEqual(['with.key']);
  expect(problems(action('delete', { table: 'a.b', key: { id: '{{nope}}' } }))).toEqual(['with.key.id']);
  expect(() => inputOf(close(), { id: ' ' })).toThrow('Item 1: its value for the key column “id” is empty.');
  expect(() => inputOf(close(), { to: '\0' })).toThrow('NUL');
});

test('a password goes over no line that others read, unless whoever runs the server allows that place', () => {
  const reach = { allowPrivateTargets: () => false, connections: async () => null };
  const declared = { inspect: null, success: null, permanent: false, keys: { honoured: false, forHours: null } };
  const told = (mode: string, allowed: string[]): string | null => {
    const given = {
      address: `postgresql://db.example:5432/crm?sslmode=${mode}`,
      ...{ auth: { kind: 'basic' as const, username: 'bot' }, secrets: { password: 'x' }, declared },
    };
    try {
      makeSql({ ...reach, targetsAllowed: () => allowed } as never).connections?.check(given as never);
      return null;
    } catch (error) {
      return (error as CountersignError).problems.map(({ message }) => message).join(' ');
    }
  };
  expect(told('verify-full', [])).toBeNull();
  expect(told('disable', [])).toMatch(/a line that anybody can read.*TARGETS_ALLOWED=db\.example:5432/);
  expect(told('require', [])).toMatch(/whoever sits in between/);
  expect(told('require', ['db.example:5432'])).toBeNull();
});

test('told to hold off, whoever has not sent its COMMIT ends at once, in the line too: a database that says nothing keeps no worker', async () => {
  const silent = await mute();
  const worker = new AbortController();
  // More than it has places for: some wait for a line, and the others for an answer over theirs.
  const many = Array.from({ length: 3 * TARGET_POOL_MAX }, () =>
    sql.apply(inputOf(close(silent), {}, { holdOff: worker.signal }), never),
  );
  const asks = sql.inspect({ ...inputOf(close(silent)), holdOff: worker.signal }, never);
  const before = performance.now();
  setImmediate(() => worker.abort());
  for (const one of await Promise.allSettled([...many, asks])) expect(one).toMatchObject({ reason: expect.any(HeldOff) });
  expect(performance.now() - before).toBeLessThan(CONNECT_TIMEOUT_MS);
  // Nobody is left in line.
  expect(await sql.apply(inputOf(close()), never)).toMatchObject({ result: expect.any(String) });
});
