/** A target that fails for everybody is one incident with one resume, whatever else happens at the same moment. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { resumeIncident } from '#lib/steps/fleet/resume-incident.ts';
import { readNeedsYou } from '#lib/steps/live/read-needs-you.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { closeBreaker, haltAtTarget, keepBreakers } from '#lib/store/actions/breakers.sql.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, BO, chunkStates, leasesCount, type StartedBatch, startedBatch, workUntil } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { type RunningTarget, startTarget } from '#test/target.ts';
import { executeChunk } from './execute-chunk.ts';

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
  await pool.query('UPDATE chunk SET incident_id = NULL WHERE incident_id IS NOT NULL');
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
        with: { url: `${url}/{{subject}}`, body: { subject: '{{subject}}' }, timeoutMs: 20_000, ...action },
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

/** Several workers at once. One looks whether it is enough, for all of them. */
const workers = (count: number, enough: () => Promise<boolean>) => {
  let over = false;
  const look = async () => {
    over = await enough();
    return over;
  };
  const others = Array.from({ length: count - 1 }, () => workUntil(pool, async () => over));
  return Promise.all([workUntil(pool, look), ...others]);
};

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

/** As if another batch's chunk had just spent its budget there. */
async function trip(target: string): Promise<void> {
  const id = randomUUID();
  await pool.query(`INSERT INTO incident (id, kind, message) VALUES ($1, 'target', 'it is gone')`, [id]);
  await pool.query(`INSERT INTO breaker (target, state, incident_id) VALUES ($1, 'open', $2)`, [target, id]);
}

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

  test('is one question, in plain words, also on the page of a batch that only waits, and a reviewer can’t resume it', async () => {
    const target = await startOne({ mode: 'deny' });
    const batch = await approved(8, 1, plan(target.url));
    await workUntil(pool, still);
    // Classifying goes on; what is approved now is never sent.
    const later = await approved(6, 2, plan(target.url));
    await idly(2, 1_000);
    const said = {
      ...{ target: target.url, probing: false, message: `${new URL(target.url).host} refuses our requests (HTTP 401)` },
      ...{ chunks: 3, actions: 8 - total(await intents(batch)) + 6, batches: 2 },
    };
    expect(await readNeedsYou(ADA)).toMatchObject({ targets: [said], halts: [], count: 1 });
    expect(await readIncidents(ADA)).toMatchObject([{ kind: 'target', batchId: null, target: said }]);
    for (const { batchId } of [batch, later])
      expect(await readBatch(ADA, { batchId })).toMatchObject({ targets: [said], needs: { halts: 0 } });
    const view = await readBatch(ADA, { batchId: later.batchId });
    expect(view?.chunks.map(({ state, waitsFor }) => [state, waitsFor])).toEqual([
      ['approved', { for: 'target', until: null, target: target.url }],
      ['approved', { for: 'target', until: null, target: target.url }],
    ]);
    expect(total(await intents(later))).toBe(0);
    expect(await readCheckpoint(ADA, { batchId: later.batchId, chunk: 2 })).toMatchObject({ targets: [said] });
    const [incident] = await openIncidents();
    await expect(resumeIncident(BO, { id: incident.id })).rejects.toThrow('An operator or an admin can.');
    await target.mode('ok');
    await resume(ADA, { batchId: later.batchId, chunk: 1 });
    await workers(2, until([batch, later], 'done'));
    expect(await openIncidents()).toEqual([]);
    await assertTrue(target, batch, later);
  });

  test('stops whoever is sending to it within a renewal, with nothing in flight, and lets go on when it is over', async () => {
    // It would be done in twenty seconds.
    const target = await startOne({ latencyMs: 200 });
    const batch = await approved(200, 1, plan(target.url));
    let handled: string | null = null;
    await workUntil(pool, async () => handled !== null, {
      executing: async (task) => {
        const working = executeChunk(task);
        while (total(await intents(batch)) < 5) await sleep(10);
        await trip(target.url);
        handled = await working;
        return 'unsuited';
      },
    });
    expect(handled).toBe('yielded');
    const { state, inFlight } = await one(`SELECT state, in_flight AS "inFlight" FROM chunk WHERE batch_id = $1`, [
      batch.batchId,
    ]);
    expect({ state, inFlight }).toEqual({ state: 'executing', inFlight: 0 });
    const sent = total(await intents(batch));
    expect(sent).toBeLessThan(200);
    await idly(2, 1_000);
    expect(total(await intents(batch))).toBe(sent);
    await target.latency(0);
    await resumeIncident(ADA, { id: (await openIncidents())[0].id });
    await workers(2, until([batch], 'done'));
    await assertTrue(target, batch);
  });
});

test('what is about the one item stays the chunk’s own incident', async () => {
  const target = await startOne({ mode: 'refuse' });
  const batch = await approved(16, 2, plan(target.url));
  await workers(2, until([batch], 'halted'));
  expect(await openIncidents()).toMatchObject([{ kind: 'halted' }, { kind: 'halted' }]);
  expect(await breakers()).toEqual([]);
  await resumeIncident(ADA, { id: (await openIncidents())[0].id });
  expect((await chunkStates(pool, batch.batchId)).sort()).toEqual(['executing', 'halted']);
});

describe('while it is tried', () => {
  /** Two batches of two chunks that wait for one target; the first of them halted. */
  async function waiting(): Promise<{ target: RunningTarget; id: string; batches: StartedBatch[] }> {
    const target = await startOne({ mode: 'deny' });
    const first = await approved(20, 2, plan(target.url));
    await workUntil(pool, still);
    const second = await approved(20, 2, plan(target.url));
    return { target, id: (await openIncidents())[0].id, batches: [first, second] };
  }

  test('two people resume at once, and one request goes out', async () => {
    const { id, batches } = await waiting();
    const before = total(await intents());
    const [batch] = batches as [StartedBatch];
    await Promise.allSettled([
      resumeIncident(ADA, { id }),
      resumeIncident(ADA, { id }),
      resume(ADA, { batchId: batch.batchId }),
      resume(ADA, { batchId: batch.batchId, chunk: 1 }),
    ]);
    await workers(4, still);
    expect(total(await intents())).toBe(before + 1);
    expect(await openIncidents()).toMatchObject([{ id }]);
  });

  test('of many claims at once one tries, and when its worker dies the next owner of that chunk does', async () => {
    const { target, id, batches } = await waiting();
    await target.mode('ok');
    await resumeIncident(ADA, { id });
    const many = await Promise.all(Array.from({ length: 8 }, () => claimChunk(pool, randomUUID())));
    const [claim, ...others] = many.filter((one) => one !== null);
    expect(others).toEqual([]);
    expect(claim?.probes).toEqual([target.url]);
    // That worker is dead. Until its lease lapses nobody tries, and then only who takes that chunk over.
    let next = await claimChunk(pool, randomUUID());
    expect(next).toBeNull();
    while (next === null) {
      await sleep(100);
      next = await claimChunk(pool, randomUUID());
    }
    expect(next).toMatchObject({ chunkId: claim?.chunkId, probes: [target.url] });
    expect(await claimChunk(pool, randomUUID())).toBeNull();
    await workers(3, until(batches, 'done'));
    expect(await breakers()).toEqual([]);
    await assertTrue(target, ...batches);
  });

  test('who tries is paused, and another tries instead', async () => {
    const { target, id } = await waiting();
    await resumeIncident(ADA, { id });
    const first = await claimChunk(pool, randomUUID());
    await pool.query(`UPDATE chunk SET state = 'paused', lease_owner = NULL, lease_until = NULL WHERE id = $1`, [first?.chunkId]);
    const second = await claimChunk(pool, randomUUID());
    expect(second?.probes).toEqual([target.url]);
    expect(second?.chunkId).not.toBe(first?.chunkId);
    // What the first one learns too late changes nothing.
    await closeBreaker(pool, target.url, first?.chunkId ?? '');
    expect(await breakers()).toMatchObject([{ state: 'probing', probe: second?.chunkId }]);
  });

  test('one that halts too late joins the incident, and goes on with the others', async () => {
    const { target, id, batches } = await waiting();
    const claims = [];
    await resumeIncident(ADA, { id });
    const tries = await claimChunk(pool, randomUUID());
    await pool.query('UPDATE breaker SET probe = NULL');
    claims.push(await claimChunk(pool, randomUUID()));
    await pool.query('UPDATE breaker SET probe = $1', [tries?.chunkId]);
    const [late] = claims;
    if (!late || !tries) throw new Error('Nothing was claimed.');
    expect(await haltAtTarget(pool, late, { target: target.url, message: 'it is gone' }, randomUUID())).toBe('halted');
    expect(await openIncidents()).toMatchObject([{ id }]);
    expect(await breakers()).toMatchObject([{ state: 'probing', probe: tries.chunkId }]);
    await closeBreaker(pool, target.url, tries.chunkId);
    expect((await Promise.all(batches.map(({ batchId }) => chunkStates(pool, batchId)))).flat()).not.toContain('halted');

    // Whoever closed it died before it could say so to the chunks: a chore does.
    await trip(target.url);
    const { epoch } = (await one('SELECT epoch FROM chunk WHERE id = $1', [late.chunkId])) as { epoch: number };
    await haltAtTarget(pool, { ...late, epoch }, { target: target.url, message: 'it is gone' }, randomUUID());
    await pool.query('DELETE FROM breaker');
    await pool.query('UPDATE incident SET resolved_at = now()');
    await keepBreakers(pool);
    expect(await one('SELECT state, incident_id FROM chunk WHERE id = $1', [late.chunkId])).toEqual({
      state: 'executing',
      incident_id: null,
    });
  });

  test('its halted chunk in a paused batch is brought to its pause, and sends nothing', async () => {
    const { target, id, batches } = await waiting();
    const [first, second] = batches as [StartedBatch, StartedBatch];
    await pause(ADA, { batchId: first.batchId });
    await target.mode('ok');
    const before = total(await intents(first));
    await resumeIncident(ADA, { id });
    await workers(2, until([second], 'done'));
    await workUntil(pool, nobodyWorks);
    expect(total(await intents(first))).toBe(before);
    await resume(ADA, { batchId: first.batchId });
    await workers(2, until([first], 'done'));
    await assertTrue(target, first, second);
  });

  test('a resume and a cancel at once end either way, and the last cancel ends the incident', async () => {
    for (let round = 0; round < atSize(1, 4); round += 1) {
      const { target, id, batches } = await waiting();
      const [first, second] = batches as [StartedBatch, StartedBatch];
      const raced = await Promise.allSettled([
        resumeIncident(ADA, { id }),
        cancel(ADA, { batchId: first.batchId }),
        workers(2, async () => (await chunkStates(pool, first.batchId)).every((state) => state === 'cancelled')),
      ]);
      expect(raced.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
      // The other batch waits for it still.
      await workUntil(pool, nobodyWorks);
      expect(await openIncidents()).toMatchObject([{ id, kind: 'target' }]);
      await cancel(ADA, { batchId: second.batchId });
      await workUntil(pool, until([second], 'cancelled'));
      await keepBreakers(pool);
      expect(await openIncidents()).toEqual([]);
      expect(await breakers()).toEqual([]);
      expect(target.lines()).toEqual([]);
    }
  });
});

test('an undo that is approved meanwhile waits too, and runs when it is over', async () => {
  const target = await startOne();
  const undo = { undo: { do: 'DELETE', url: `${target.url}/{{target}}` } };
  const batch = await approved(4, 1, plan(target.url, {}, undo));
  await workUntil(pool, until([batch], 'done'));
  await trip(target.url);
  const { id: batchId } = await undoBatch(ADA, { batchId: batch.batchId });
  const undone = { ...batch, batchId };
  const { plan: own } = (await one('SELECT plan FROM batch WHERE id = $1', [batchId])) as { plan: StartedBatch['plan'] };
  await workUntil(pool, until([undone], 'awaiting_review'));
  await approve({ ...undone, plan: own });
  expect(await one('SELECT targets FROM chunk WHERE batch_id = $1', [batchId])).toEqual({ targets: [target.url] });
  await idly(2, 1_000);
  expect(await chunkStates(pool, batchId)).toEqual(['approved']);
  await resumeIncident(ADA, { id: (await openIncidents())[0].id });
  await workUntil(pool, until([undone], 'done'));
  expect(target.lines().filter(({ method }) => method === 'DELETE')).toHaveLength(4);
  expect(await openIncidents()).toEqual([]);
});
