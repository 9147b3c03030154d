/** A target that fails for everybody is one incident with one resume, whatever else happens at the same moment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../test/database.ts';
import { ADA, chunkStates, leasesCount, type StartedBatch, startedBatch, workUntil } from '../../test/fixtures/started-batch.ts';
import { type RunningTarget, startTarget } from '../../test/target.ts';
import { requestBuilder } from '../connectors/registry.ts';
import type { PlanInput } from '../core/plan.ts';
import { buildManifest } from '../store/manifest.ts';
import { decide } from './decide.ts';
import { readBatch } from './read-batch.ts';
import { readTape } from './read-tape.ts';
import { resumeIncident } from './resume-incident.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();
const folder = mkdtempSync(join(tmpdir(), 'countersign-breaker-'));
const targets: RunningTarget[] = [];
afterAll(async () => {
  await Promise.all(targets.map((target) => target.stop()));
  rmSync(folder, { recursive: true, force: true });
});

beforeAll(() => leasesCount(pool));
// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE state <> 'finished'");
  await pool.query("UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')");
  await pool.query('DELETE FROM breaker');
  await pool.query('DELETE FROM incident');
});

const BUDGET = 3;
const SLOTS = 2;

let started = 0;
async function startOne(options: Partial<Parameters<typeof startTarget>[0]> = {}): Promise<RunningTarget> {
  started += 1;
  const target = await startTarget({ log: join(folder, `${started}.jsonl`), ...options });
  targets.push(target);
  return target;
}

const plan = (url: string, execution: object = {}, action: object = {}): PlanInput => ({
  classifier: { kind: 'rules', rules: [], otherwise: 'send' },
  categories: [
    {
      name: 'send',
      action: {
        connector: 'http',
        do: 'POST',
        with: { url: `${url}/{{subject}}`, body: { subject: '{{subject}}' }, timeoutMs: 1_000, ...action },
      },
    },
  ],
  chunking: { by: 'size' },
  execution: {
    ...{ first: 0, concurrency: SLOTS, haltAfter: { consecutive: BUDGET, share: 1 }, retry: { attempts: 1 } },
    ...execution,
  },
  receiptFields: ['subject'],
});

async function approve(batch: StartedBatch): Promise<void> {
  const { rows } = await pool.query<{ id: string; number: number }>(
    `SELECT id, number FROM chunk WHERE batch_id = $1 AND state = 'awaiting_review' ORDER BY number`,
    [batch.batchId],
  );
  const chunks = [];
  for (const { id, number } of rows)
    chunks.push({ number, digest: (await buildManifest(pool, { ...batch, chunkId: id }, requestBuilder)).digest });
  await decide(ADA, { batchId: batch.batchId, chunks, next: true, execute: true, override: 'a test looks at nothing' });
}

const until =
  (batches: StartedBatch[], ...states: string[]) =>
  async () =>
    (await Promise.all(batches.map(({ batchId }) => chunkStates(pool, batchId)))).flat().every((state) => states.includes(state));

async function approved(items: number, chunks: number, wanted: PlanInput): Promise<StartedBatch> {
  const batch = await startedBatch(pool, { items, chunks, plan: wanted });
  await workUntil(pool, until([batch], 'awaiting_review'));
  await approve(batch);
  return batch;
}

/** Several workers at once. */
const workers = (count: number, enough: () => Promise<boolean>) =>
  Promise.all(Array.from({ length: count }, () => workUntil(pool, enough)));

type Row = Record<string, unknown>;
const one = async (text: string, values: unknown[] = []): Promise<Row> => (await pool.query(text, values)).rows[0];
const openIncidents = async () => (await pool.query('SELECT id, kind, message FROM incident WHERE resolved_at IS NULL')).rows;
const breakers = async () => (await pool.query('SELECT target, state, probe FROM breaker ORDER BY target')).rows;
const breakerIs = (state: string) => async () => (await breakers())[0]?.state === state;
const nobodyWorks = async () =>
  (await one(`SELECT count(*)::int AS n FROM chunk WHERE lease_owner IS NOT NULL AND state = 'executing'`)).n === 0;
/** Tripped, and whoever was sending has heard of it. */
const still = async () => (await breakerIs('open')()) && (await nobodyWorks());
const intents = async (batch?: StartedBatch): Promise<Record<string, number>> => {
  const { rows } = await pool.query(
    `SELECT batch_id || '.' || chunk AS chunk, count(*)::int AS n FROM receipt WHERE kind = 'intent' AND ($1::uuid IS NULL OR batch_id = $1) GROUP BY 1`,
    [batch?.batchId ?? null],
  );
  return Object.fromEntries(rows.map(({ chunk, n }) => [chunk, n]));
};
const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, n) => sum + n, 0);
/** For a while workers look for something to do. */
const idly = (count: number, ms: number) => {
  const end = Date.now() + ms;
  return workers(count, async () => Date.now() > end);
};

/** What the receipts say was done is what the target's log says happened, once each. */
async function assertTrue(target: RunningTarget, ...batches: StartedBatch[]): Promise<void> {
  let done = 0;
  for (const { batchId } of batches) {
    const view = await readBatch(ADA, { batchId });
    expect(view?.sum).toMatchObject({ addsUp: true, inFlight: 0 });
    done += view?.sum.done ?? 0;
  }
  const lines = target.lines();
  expect(new Set(lines.map(({ path, key }) => `${path} ${key}`)).size).toBe(lines.length);
  expect(new Set(lines.map(({ path, body }) => `${path} ${body}`)).size * batches.length).toBeGreaterThanOrEqual(lines.length);
  expect(lines.length).toBe(done);
}

describe('a dead target', () => {
  test('is one incident over all batches, holds what is to be sent to it and nothing else, and one resume heals it', async () => {
    const dead = await startOne();
    const alive = await startOne();
    await dead.stop();
    const first = await approved(24, 3, plan(dead.url));
    const second = await approved(16, 2, plan(dead.url));
    const other = await approved(20, 2, plan(alive.url));
    await workers(3, async () => (await until([other], 'done')()) && (await still()));

    expect(await openIncidents()).toMatchObject([
      { kind: 'target', message: expect.stringContaining('can’t be reached (refused)') },
    ]);
    expect(await breakers()).toMatchObject([{ target: dead.url, state: 'open' }]);
    const sent = { ...(await intents(first)), ...(await intents(second)) };
    for (const [chunk, count] of Object.entries(sent)) expect(count, chunk).toBeLessThan(BUDGET + SLOTS);
    await assertTrue(alive, other);
    expect(alive.lines()).toHaveLength(20);
    await idly(3, 1_500);
    expect({ ...(await intents(first)), ...(await intents(second)) }).toEqual(sent);
    expect(await breakers()).toMatchObject([{ state: 'open' }]);

    // Resumed while it is still dead: one request finds that out, and it is the same incident.
    const [incident] = await openIncidents();
    for (let probe = 1; probe <= 3; probe += 1) {
      expect(await resumeIncident(ADA, { id: incident.id })).toMatchObject({ trying: dead.url });
      await workers(3, still);
      expect(total(await intents(first)) + total(await intents(second))).toBe(total(sent) + probe);
    }
    expect(await openIncidents()).toMatchObject([{ id: incident.id }]);

    const healed = await startOne({ port: dead.port });
    await resumeIncident(ADA, { id: incident.id });
    await workers(3, until([first, second], 'done'));
    expect(await openIncidents()).toEqual([]);
    expect(await breakers()).toEqual([]);
    const done = await Promise.all([first, second].map(async ({ batchId }) => (await readBatch(ADA, { batchId }))?.sum));
    for (const sum of done) expect(sum).toMatchObject({ addsUp: true, waiting: 0, uncertain: 0 });
    expect(healed.lines()).toHaveLength((done[0]?.done ?? 0) + (done[1]?.done ?? 0));
    expect(new Set(healed.lines().map(({ key }) => key)).size).toBe(healed.lines().length);
    await expect(resumeIncident(ADA, { id: incident.id })).rejects.toThrow('over');
  });

  test('is told on the tape, with who let it be tried', async () => {
    const dead = await startOne();
    await dead.stop();
    const batch = await approved(8, 1, plan(dead.url));
    await workUntil(pool, still);
    const [incident] = await openIncidents();
    await resumeIncident(ADA, { id: incident.id });
    const lines = (await readTape(ADA, { batchId: batch.batchId }))?.map(({ line }) => line);
    expect(lines).toContain(`Ada let one chunk try ${dead.url} again`);
    expect(lines).toContain(`Stopped chunk 1: ${new URL(dead.url).host} can’t be reached (refused).`);
  });
});
