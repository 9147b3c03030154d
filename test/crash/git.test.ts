/**
 * Files of a repository while workers die and answers of its server get lost: judged against the repository itself. Before its approval nothing is there; after it exactly
 * what was approved, once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stopRinging } from '#lib/engine/bell.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { testDatabase } from '#test/database.ts';
import { approve, asAdmin, until } from '#test/fixtures/connected.ts';
import { gitMissing, gitServer, PASSWORD, USER } from '#test/fixtures/git-server.ts';
import { leasesCount } from '#test/fixtures/started-batch.ts';
import { seeded } from '#test/soak/random.ts';
import { settled } from './approved.ts';
import { killWorkers, startWorker, startWorkers, type WorkerProcess } from './workers.ts';

const { pool, url } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';

const FILES = 500;
const PATIENCE_MS = 15 * 60_000;

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

const PLAN = {
  version: 2,
  classifier: {
    kind: 'rules',
    rules: [
      { where: [[{ field: 'path', is: 'ends_with', value: '0.md' }]], category: 'keep', why: 'Kept.' },
      { where: [[{ field: 'path', is: 'ends_with', value: '1.md' }]], category: 'remove', why: 'Gone.' },
      { where: [[{ field: 'path', is: 'ends_with', value: '2.md' }]], category: 'move', why: 'Elsewhere.' },
    ],
    otherwise: 'write',
  },
  categories: [
    { name: 'keep', action: null },
    { name: 'remove', action: { connector: 'git', connection: 'repo', do: 'delete', with: {} } },
    { name: 'move', action: { connector: 'git', connection: 'repo', do: 'move', with: { to: 'moved/{{path}}' } } },
    { name: 'write', action: { connector: 'git', connection: 'repo', do: 'write', with: { content: '{{content}}more\n' } } },
  ],
  chunking: { by: 'size', maxItems: 100 },
  gates: { next: 'parallel' },
  // A server that is struck again and again is not to be left alone here.
  execution: {
    first: 0,
    concurrency: 8,
    ratePerSecond: 60,
    haltAfter: { consecutive: 1_000_000, share: 1 },
    retry: { attempts: 10 },
  },
  receiptFields: ['path'],
};

describe.skipIf(gitMissing !== null)('a repository', () => {
  test('struck in every way, it has exactly what was approved, and each commit once', { timeout: PATIENCE_MS }, async () => {
    const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
    console.log(`CRASH_SEED=${seed}`);
    const random = seeded(seed);
    const names = Array.from({ length: FILES }, (_, n) => `f/${n}.md`);
    const server = await gitServer(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
    const before = server.git('rev-parse', 'main');
    const made = await asAdmin('POST', '/connections', {
      ...{ name: 'repo', connector: 'git', address: server.address, auth: { kind: 'basic', username: USER } },
      secrets: { password: PASSWORD },
    });
    const collected = await asAdmin('POST', `/connections/${made.body.id}/dataset`, { place: 'main' });
    const started = await asAdmin('POST', '/batches', { datasetId: collected.body.id, name: 'Files', plan: PLAN, start: true });
    expect(started.status, started.text).toBe(201);
    const batch = String(started.body.id);
    await until(pool, batch, 'awaiting_review');
    await approve(pool, batch);

    const counts = { killed: 0, cut: 0 };
    const workers = await startWorkers(url, 2);
    const kill = async (): Promise<void> => {
      const at = random.below(workers.length);
      (workers[at] as WorkerProcess).send('SIGKILL');
      workers[at] = await startWorker(url);
      counts.killed += 1;
    };
    while (!(await settled(pool, batch))) {
      await kill();
      await sleep(random.below(400));
    }
    expect(server.git('rev-parse', 'main')).toBe(before);

    const prepared = await asAdmin('POST', `/batches/${batch}/push`);
    expect(prepared.body.places).toEqual([
      { connection: 'repo', branch: 'main', items: FILES - FILES / 10, left: [], push: expect.any(String) },
    ]);
    const push = String((prepared.body.places as { push: string }[])[0]?.push);
    await until(pool, push, 'awaiting_review');
    // The commits arrive and the answer is lost, or they do not arrive, each a few times, with kills in between.
    const cuts = ['before', 'after', 'before'] as const;
    const next = () => {
      server.onPush = {};
      const where = cuts[counts.cut];
      if (!where) return;
      server.onPush = {
        [where]: () => {
          counts.cut += 1;
          next();
          return 'cut';
        },
      };
    };
    next();
    await approve(pool, push);
    for (let n = 0; n < 40 && !(await settled(pool, push)); n += 1) {
      if (n < 10) await kill();
      await sleep(random.below(600));
    }
    while (!(await settled(pool, push))) await sleep(200);
    console.log(JSON.stringify({ ...counts, pushes: server.pushes }));
    expect(counts.killed).toBeGreaterThan(3);
    expect(counts.cut).toBeGreaterThan(1);

    const wanted = Object.fromEntries(
      names.flatMap((name): [string, string][] => {
        if (name.endsWith('0.md')) return [[name, `${name}\n`]];
        if (name.endsWith('1.md')) return [];
        return name.endsWith('2.md') ? [[`moved/${name}`, `${name}\n`]] : [[name, `${name}\nmore\n`]];
      }),
    );
    expect(server.files()).toEqual(wanted);
    const keys = server
      .git('log', '--format=%(trailers:key=Countersign-Key,valueonly,separator=)', `${before}..main`)
      .split('\n');
    const { rows } = await pool.query<{ key: string }>(
      `SELECT convert_from(body, 'UTF8')::json->>'idempotencyKey' AS key FROM receipt WHERE batch_id = $1 AND kind = 'intent'`,
      [batch],
    );
    expect(keys.length).toBe(FILES - FILES / 10);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => !rows.some((row) => row.key === key))).toEqual([]);
    const { rows: ends } = await pool.query(
      `SELECT result, count(*)::int AS n FROM (SELECT DISTINCT ON (batch_id, ordinal) result FROM receipt
       WHERE batch_id = ANY($1::uuid[]) AND ordinal IS NOT NULL ORDER BY batch_id, ordinal, step DESC) t GROUP BY 1 ORDER BY 1`,
      [[batch, push]],
    );
    expect(ends.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(ends.find(({ result }) => result === 'succeeded')?.n).toBe(keys.length + 1);
    await checkSums();
  });
});
