/** Writes with an Idempotency-Key, while the process that carries them out is killed at each of their points: each is done once, and its repeat answered at once. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { API_KEY, type ApiProcess, startApi } from '#test/api-process.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { atSize } from '#test/size.ts';
import { eventually } from './workers.ts';

const { pool, ownerPool, superPool, url } = await testDatabase();

/** Whoever holds this lock holds every write that comes to the gate. */
const GATE = 4_242;
/** The key of a write begins with the name of its last transaction. */
const LAST = "split_part(NEW.key, ':', 1)";
/** Each by where its trigger stops a write. */
const POINTS = {
  // The key is taken; nothing of the write has happened.
  'before the write': 'AFTER INSERT ON api_write FOR EACH ROW',
  // Everything is written, and the last of it is not committed.
  'before the commit': `BEFORE UPDATE ON api_write FOR EACH ROW WHEN (NEW.done ? ${LAST} AND NOT OLD.done ? ${LAST})`,
  // The server goes on and commits what its client will never hear of.
  'in the commit': `AFTER UPDATE ON api_write DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.done ? ${LAST} AND NOT OLD.done ? ${LAST})`,
  // The write is done, and its answer is nowhere.
  'before its answer is kept': 'BEFORE UPDATE ON api_write FOR EACH ROW WHEN (NEW.status IS NOT NULL)',
};
type Point = keyof typeof POINTS;

beforeAll(async () => {
  await ownerPool.query(`CREATE FUNCTION stop_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock_shared(${GATE}); RETURN NEW; END $$`);
});

const apis: ApiProcess[] = [];
afterAll(() => Promise.all(apis.map((api) => api.kill())));
async function api(): Promise<ApiProcess> {
  const one = await startApi(url);
  apis.push(one);
  return one;
}

let next: ApiProcess;
beforeAll(async () => {
  next = await api();
});

/** Closes the gate at a point; the writes that come there wait until it is opened. */
async function gate(point: Point): Promise<{ reached(writes: number): Promise<unknown>; open(): Promise<void> }> {
  const constraint = point === 'in the commit' ? 'CONSTRAINT' : '';
  await ownerPool.query(`CREATE ${constraint} TRIGGER gate ${POINTS[point]} EXECUTE FUNCTION stop_at_gate()`);
  const keeper: pg.PoolClient = await superPool.connect();
  await keeper.query('SELECT pg_advisory_lock($1)', [GATE]);
  return {
    reached: (writes) =>
      eventually(`${writes} writes ${point}`, async () => {
        const { rowCount } = await superPool.query(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          [GATE],
        );
        return rowCount === writes;
      }),
    async open() {
      await keeper.query('SELECT pg_advisory_unlock($1)', [GATE]);
      keeper.release();
      await eventually('the gate to go', () =>
        ownerPool.query('SET lock_timeout = 500; DROP TRIGGER gate ON api_write').then(
          () => true,
          () => false,
        ),
      );
    },
  };
}

type Ask = { path: string; body: string; type?: string };

async function ask(origin: string, key: string, { path, body, type = 'application/json' }: Ask) {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': type, 'idempotency-key': key };
  const answer = await fetch(`${origin}/api/v1${path}`, { method: 'POST', headers, body });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers };
}

const items = ['a', 'b', 'c'].map((subject) => ({ fields: { subject }, category: 'noise' }));
const plan = { classifier: { kind: 'rules', otherwise: 'skip' }, categories: [{ name: 'skip' }], chunking: { by: 'size' } };
const count = async (sql: string, ...values: unknown[]): Promise<number> =>
  Number((await pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`, values)).rows[0]?.n);

/** A write of each kind: what is asked, its last transaction, and how often it was done. */
const WRITES: Record<string, () => Promise<{ ask: Ask; last: string; done: () => Promise<number> }>> = {
  async 'a new batch'() {
    const { datasetId } = await seedBatch(pool, { chunks: [{ state: 'done', items }] });
    const name = randomUUID();
    return {
      ask: { path: '/batches', body: JSON.stringify({ datasetId, name, plan }) },
      last: 'create',
      done: () => count('batch WHERE name = $1', name),
    };
  },
  async 'a new batch that starts'() {
    const { datasetId } = await seedBatch(pool, { chunks: [{ state: 'done', items }] });
    const name = randomUUID();
    return {
      ask: { path: '/batches', body: JSON.stringify({ datasetId, name, plan, start: true }) },
      last: 'start',
      done: () => count(`batch WHERE name = $1 AND state = 'running'`, name),
    };
  },
  async 'a decision'() {
    const { batchId } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] });
    const path = `/batches/${batchId}/chunks/1`;
    const headers = { authorization: `Bearer ${API_KEY}` };
    const seen = (await (await fetch(`${next.origin}/api/v1${path}`, { headers })).json()) as { digest: string };
    return {
      ask: { path: `${path}/decision`, body: JSON.stringify({ digest: seen.digest, next: true, execute: true, seen: [1] }) },
      last: 'decide',
      done: () => count('decision WHERE batch_id = $1', batchId),
    };
  },
  async 'a pause'() {
    const { batchId } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] });
    return {
      ask: { path: `/batches/${batchId}/pause`, body: '{}' },
      last: 'pause',
      done: () => count(`event WHERE batch_id = $1 AND kind = 'pause' AND facts IS NOT NULL`, batchId),
    };
  },
  async 'a correction'() {
    const { batchId } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] });
    return {
      ask: { path: `/batches/${batchId}/chunks/1/corrections`, body: JSON.stringify([{ ordinal: 1, category: 'keep' }]) },
      last: 'correct',
      done: () => count('correction WHERE batch_id = $1', batchId),
    };
  },
  async 'a person disabled'() {
    const id = randomUUID();
    await pool.query(`INSERT INTO "user" (id, name, email) VALUES ($1, 'Eve', $2)`, [id, `${id}@example.org`]);
    return {
      ask: { path: `/people/${id}/disable`, body: '{}' },
      last: 'disable',
      done: () => count('"user" WHERE id = $1 AND disabled_at IS NOT NULL', id),
    };
  },
  async 'a file'() {
    const name = `${randomUUID()}.csv`;
    return {
      // Two of the same bytes are completed one after the other: their file is one.
      ask: { path: `/datasets?name=${name}`, body: `a,b\n1,${name}\n`, type: 'text/csv' },
      last: 'upload',
      done: () => count(`dataset WHERE name = $1 AND state = 'ready'`, name),
    };
  },
  async 'a file whose id the sender chose'() {
    const id = randomUUID();
    return {
      ask: { path: `/datasets?name=chosen.csv&id=${id}`, body: `a,b\n1,${id}\n`, type: 'text/csv' },
      last: 'upload',
      done: async () =>
        (await count(`dataset WHERE id = $1 AND state = 'ready'`, id)) === 1 ? count('item WHERE dataset_id = $1', id) : 0,
    };
  },
};

test.each(atSize<Point[]>(['in the commit'], Object.keys(POINTS) as Point[]))(
  'killed %s, each write is done once, and its repeat is answered',
  async (point) => {
    const doomed = await api();
    const writes = await Promise.all(
      Object.entries(WRITES).map(async ([kind, make]) => {
        const write = await make();
        return { kind, ...write, key: `${write.last}:${randomUUID()}` };
      }),
    );
    const closed = await gate(point);
    const first = Promise.all(
      writes.map(({ ask: asked, key }) =>
        ask(doomed.origin, key, asked).then(
          () => 'answered',
          () => 'broke off',
        ),
      ),
    );
    await closed.reached(writes.length);
    await doomed.kill();
    expect(new Set(await first)).toEqual(new Set(['broke off']));
    // In the commit the repeats wait for what the database is about, and for nothing else.
    const early = point === 'in the commit' ? writes.map(({ ask: asked, key }) => ask(next.origin, key, asked)) : [];
    await closed.open();
    for (const [index, { kind, ask: asked, key, done }] of writes.entries()) {
      const repeat = await answered(asked, key, early[index]);
      expect([kind, repeat.status < 300, repeat.body]).toEqual([kind, true, expect.anything()]);
      expect([kind, await done()]).toEqual([kind, 1]);
      const again = await ask(next.origin, key, asked);
      expect([kind, again.headers.get('idempotent-replay'), again.body]).toEqual([kind, 'true', repeat.body]);
      expect([kind, await done()]).toEqual([kind, 1]);
    }
  },
);

/** The database learns of a death from the socket, a moment later: until then the repeat is told to come back in a second. */
async function answered(asked: Ask, key: string, early?: ReturnType<typeof ask>): ReturnType<typeof ask> {
  const until = performance.now() + 60_000;
  for (let answer = await (early ?? ask(next.origin, key, asked)); ; answer = await ask(next.origin, key, asked))
    if (answer.status !== 409 || performance.now() > until) return answer;
}

test('a write that its process is still at is left to it, by every process', async () => {
  const { ask: asked, last, done } = await (WRITES['a correction'] as (typeof WRITES)[string])();
  const key = `${last}:${randomUUID()}`;
  const closed = await gate('before the commit');
  const alive = await api();
  const first = ask(alive.origin, key, asked);
  await closed.reached(1);
  for (const { origin } of [next, alive]) {
    const { status, body, headers } = await ask(origin, key, asked);
    expect([status, body.code, headers.get('retry-after')]).toEqual([409, 'conflict', '1']);
  }
  await closed.open();
  expect((await first).status).toBe(200);
  expect(await done()).toBe(1);
});
