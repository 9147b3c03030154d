/**
 * Connections from the API to the target: made, planned with, sent over, changed, refused. Every secret here is a canary: at the end it is looked for everywhere, in clear
 * and in base64.
 */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { CountersignError } from '#lib/core/errors.ts';
import { log } from '#lib/log.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { resumeIncident } from '#lib/steps/fleet/resume-incident.ts';
import { exportTrail } from '#lib/steps/receipts/export-trail.ts';
import { readItemRequest } from '#lib/steps/requests/read-item-request.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { enterConnection, leaveConnection, leaveConnections } from '#lib/store/connections/buckets.sql.ts';
import { inflate } from '#lib/trail/verify/node.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { approved, asAdmin, listener, planOver, rows, until } from '#test/fixtures/connected.ts';
import { ADA, chunkStates, leasesCount, steps, workUntil } from '#test/fixtures/started-batch.ts';

const { pool, ownerPool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';
beforeAll(() => leasesCount(pool));

const logged: string[] = [];
for (const level of ['info', 'warn', 'error', 'debug'] as const)
  vi.spyOn(log, level).mockImplementation((...said: unknown[]) => void logged.push(JSON.stringify(said, errorsToo)));
const errorsToo = (_: string, value: unknown) =>
  value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value;
/** Whatever the API said here. */
const said: string[] = [];
const ask: typeof asAdmin = async (...asked) => {
  const answer = await asAdmin(...asked);
  said.push(answer.text);
  return answer;
};

const [FIRST, SECOND] = ['canary~first~3f9a71', 'canary~second~b20c55'];
let right = FIRST;
let out = 0;
let most = 0;
/** It repeats what it was sent, in clear and in base64: in its body, in the name of what it made, in a redirect. */
const target = await listener((request, response) => {
  const given = request.headers.authorization ?? '';
  const token = given.replace(/^Bearer /, '');
  out += 1;
  most = Math.max(most, out);
  setTimeout(() => {
    out -= 1;
    response.statusCode = token !== right ? 401 : request.url.includes('moved') ? 302 : request.url.includes('no') ? 422 : 201;
    response.setHeader('content-type', 'application/json');
    response.setHeader('location', `/t/${encodeURIComponent(token)}`);
    response.end(JSON.stringify({ id: `T-${token}`, given, coded: Buffer.from(`x${given}`).toString('base64') }));
  }, 20);
});

let crm = '';
const crmNow = async () => (await ask('GET', `/connections/${crm}`)).body as { revision: number };
const change = async (part: object) =>
  ask('PUT', `/connections/${crm}`, {
    revision: (await crmNow()).revision,
    address: `${target.url}/api`,
    auth: { kind: 'bearer' },
    ...part,
  });
const sentTo = () => target.reached.splice(0).map(({ url }) => decodeURIComponent(url));
const incidentOf = async (batchId: string) =>
  (
    await pool.query('SELECT i.id, i.message FROM chunk c JOIN incident i ON i.id = c.incident_id WHERE c.batch_id = $1', [
      batchId,
    ])
  ).rows[0];
const failed = { 1: ['intent', 'outcome:failed'] };

describe('a bearer connection', () => {
  test('is made by the API, used by a plan, sent by the worker, and its secret is never given back', async () => {
    const made = await ask('POST', '/connections', {
      name: 'crm',
      connector: 'http',
      address: `${target.url}/api`,
      auth: { kind: 'bearer' },
      secrets: { token: FIRST },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { address: `${target.url}/api/`, auth: { kind: 'bearer', secret: { version: 1, set: true } }, state: 'ok' },
    });
    crm = String(made.body.id);
    const batchId = await approved(pool, 2, planOver('crm'));
    const shown = await readItemRequest(ADA, { batchId, chunk: 1, ordinal: 1, whole: true });
    expect(shown?.request).toMatchObject({ address: `${target.url}/api/tickets/mail%201` });
    expect(JSON.stringify(shown)).toContain('Bearer secret of crm');
    await until(pool, batchId, 'done', 'halted');
    expect(await steps(pool, batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'], 2: ['intent', 'outcome:succeeded'] });
    expect(target.reached.every(({ headers }) => headers.authorization === `Bearer ${FIRST}`)).toBe(true);
    expect(sentTo().sort()).toEqual(['/api/tickets/mail 1', '/api/tickets/mail 2']);
  });

  test('whose secret is refused stops at once with the reason, and goes on with another version', async () => {
    right = SECOND;
    const batchId = await approved(pool, 3, planOver('crm', {}, { concurrency: 1 }));
    await until(pool, batchId, 'halted', 'done');
    expect(await chunkStates(pool, batchId)).toEqual(['halted']);
    expect(await steps(pool, batchId)).toEqual(failed);
    const incident = await incidentOf(batchId);
    expect(incident.message).toMatch(/^crm \(127\.0\.0\.1:\d+\) refuses our credentials/);
    expect((await crmNow()) as object).toMatchObject({ state: 'open' });
    expect(await change({ secrets: { token: SECOND } })).toMatchObject({
      status: 200,
      body: { revision: 2, auth: { secret: { version: 2 } } },
    });
    await resumeIncident(ADA, { id: incident.id });
    await until(pool, batchId, 'done');
    expect(Object.values(await steps(pool, batchId)).map((one) => one.at(-1))).toEqual(Array(3).fill('outcome:succeeded'));
    const { rows: versions } = await pool.query('SELECT version, ciphertext IS NULL AS over FROM secret ORDER BY version');
    expect(versions).toEqual([
      { version: 1, over: true },
      { version: 2, over: false },
    ]);
    target.reached.length = 0;
  });

  test('never sends what was approved to another address', async () => {
    const batchId = await approved(pool, 2, planOver('crm', {}, { concurrency: 1 }));
    expect(await change({ address: `${target.url}/elsewhere` })).toMatchObject({ status: 200 });
    await until(pool, batchId, 'halted', 'done');
    expect(await steps(pool, batchId)).toEqual(failed);
    expect(sentTo()).toEqual([]);
    expect((await incidentOf(batchId)).message).toMatch(/is not where the connection leads any more/);
    await change({});
    await resumeIncident(ADA, { id: (await incidentOf(batchId)).id });
    await until(pool, batchId, 'done');
    expect(sentTo().sort()).toEqual(['/api/tickets/mail 1', '/api/tickets/mail 2']);
  });

  test('keeps its secret where it was given for: another host, header or kind needs it anew', async () => {
    const elsewhere = `http://localhost:${target.port}/api`;
    for (const part of [{ address: elsewhere }, { auth: { kind: 'header', header: 'X-Key' } }])
      expect(await change(part)).toMatchObject({
        status: 400,
        body: { problems: [{ path: expect.stringContaining('secrets.') }] },
      });
    expect(await ask('POST', `/connections/${crm}/test`, { path: `//localhost:${target.port}/` })).toMatchObject({ status: 400 });
    expect(await ask('POST', `/connections/${crm}/test`, { path: '../../x' })).toMatchObject({ status: 400 });
    expect(sentTo()).toEqual([]);
    expect(await ask('POST', `/connections/${crm}/test`, { method: 'HEAD', path: 'me' })).toMatchObject({
      status: 200,
      body: { ok: true },
    });
    expect(sentTo()).toEqual(['/api/me']);
  });

  test('bounds all workers together, and what a dead one had comes back', async () => {
    await change({ limits: { concurrency: 2, windows: [{ seconds: 1, requests: 1_000 }] } });
    most = 0;
    // Two chunks, each with a worker of its own that would send eight at once.
    const batchId = await approved(pool, 12, {
      ...planOver('crm', {}, { concurrency: 8 }),
      chunking: { by: 'size', maxItems: 6 },
      gates: { next: 'parallel' },
    });
    const isDone = async () => (await chunkStates(pool, batchId)).every((state) => state === 'done');
    await Promise.all([workUntil(pool, isDone), workUntil(pool, isDone)]);
    expect(sentTo()).toHaveLength(12);
    expect(most).toBe(2);
    expect((await pool.query('SELECT open FROM connection_bucket')).rows).toEqual([{ open: [] }]);

    const waiting = await approved(pool, 1, planOver('crm'));
    const claim = await claimChunk(pool, randomUUID());
    if (!claim) throw new Error('Nothing was claimed.');
    const bounds = { connectionId: crm, perSecond: 0.01, concurrency: 1 };
    expect(await enterConnection(pool, claim.chunkId, bounds)).toMatchObject({ inside: true });
    expect(await enterConnection(pool, claim.chunkId, { ...bounds, perSecond: null })).toMatchObject({
      inside: false,
      for: 'place',
    });
    expect(await enterConnection(pool, claim.chunkId, { ...bounds, concurrency: null })).toMatchObject({
      inside: false,
      for: 'rate',
    });
    // Whoever takes the chunk over has its place and its send back; who owns it no more takes nothing from it.
    await leaveConnections(pool, { ...claim, epoch: claim.epoch - 1 });
    expect((await pool.query('SELECT open FROM connection_bucket')).rows[0].open).toHaveLength(1);
    await leaveConnections(pool, claim);
    const soon = { inside: true, ms: expect.toSatisfy((ms: number) => ms < 1_000) };
    expect(await enterConnection(pool, claim.chunkId, bounds)).toMatchObject(soon);
    await leaveConnection(pool, claim, bounds, false);
    expect(await enterConnection(pool, claim.chunkId, bounds)).toMatchObject(soon);
    // The database's clock was an hour ahead and was set right, or the limit was a send an hour until a moment ago.
    await leaveConnections(pool, claim);
    await pool.query("UPDATE connection_bucket SET next_at = clock_timestamp() + interval '1 hour'");
    expect(await enterConnection(pool, claim.chunkId, { ...bounds, perSecond: 10 })).toMatchObject(soon);
    // A lease that ran out holds no place.
    const placeOnly = { ...bounds, perSecond: null };
    expect(await enterConnection(pool, claim.chunkId, placeOnly)).toMatchObject({ inside: false, for: 'place' });
    await pool.query("UPDATE chunk SET lease_until = clock_timestamp() - interval '1 second' WHERE id = $1", [claim.chunkId]);
    expect(await enterConnection(pool, claim.chunkId, placeOnly)).toMatchObject({ inside: true });
    await leaveConnections(pool, claim);
    await pool.query('DELETE FROM connection_bucket');
    await pool.query('UPDATE chunk SET lease_owner = NULL, lease_until = NULL WHERE id = $1', [claim.chunkId]);
    await until(pool, waiting, 'done');
    target.reached.length = 0;
  });

  test('is used by whom it is for, and stays while a batch uses it', async () => {
    const bo: Actor = { id: `user:${randomUUID()}`, role: 'operator', name: 'Bo', via: 'page' };
    const datasetId = await rows(pool, 1);
    const refused = (step: Promise<unknown>) =>
      step.then(
        () => null,
        (error: CountersignError) => [error.code, error.message],
      );
    expect(await refused(createBatch(bo, { datasetId, name: 'B', plan: planOver('crm') as never }))).toEqual([
      'forbidden',
      'Only an admin may use the connection “crm”.',
    ]);
    const { id: proposed } = await createBatch(ADA, { datasetId, name: 'Proposed', plan: planOver('crm') as never });
    expect(await refused(startBatch(bo, { batchId: proposed }))).toEqual(['forbidden', expect.stringContaining('crm')]);
    expect(await ask('DELETE', `/connections/${crm}`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('“Proposed”') },
    });
    expect(await ask('POST', '/batches/preview', { datasetId, plan: planOver('nobody') })).toMatchObject({
      status: 400,
      body: { problems: [{ path: 'categories.0.action.connection' }] },
    });
    // What a plan claims of a connection is gone by: nobody sends elsewhere by that.
    const forged = planOver('crm');
    Object.assign(forged.categories[0]?.action ?? {}, {
      through: {
        id: crm,
        revision: 1,
        address: 'http://evil.example/',
        auth: { kind: 'none' },
        secret: null,
        keys: true,
        inspect: null,
        success: null,
        permanent: false,
      },
    });
    const preview = await ask('POST', '/batches/preview', { datasetId, plan: forged });
    expect(preview.text).not.toContain('evil.example');
    for (const url of ['../x', 'a/../../x', '//evil.example/', 'https://evil.example/', '\\\\evil.example', '%2e%2e/x'])
      expect([url, (await ask('POST', '/batches/preview', { datasetId, plan: planOver('crm', { url }) })).status]).toEqual([
        url,
        400,
      ]);
    await startBatch(ADA, { batchId: proposed });
    await pool.query("UPDATE batch SET state = 'cancelled' WHERE id = $1", [proposed]);
    await pool.query("UPDATE chunk SET state = 'cancelled' WHERE batch_id = $1", [proposed]);
  });
});

test('a refusal, a redirect and a stranger’s key leave no secret behind either', async () => {
  await change({ auth: { kind: 'bearer' } });
  const batchId = await approved(
    pool,
    2,
    planOver('crm', { url: 'no/{{subject}}' }, { haltAfter: { consecutive: 9, share: 1 } }),
  );
  await until(pool, batchId, 'done');
  const moved = await approved(
    pool,
    1,
    planOver('crm', { url: 'moved/{{subject}}' }, { haltAfter: { consecutive: 9, share: 1 } }),
  );
  await until(pool, moved, 'done');
  // Somebody who can write to the database puts another connection's secret in the place of this one's.
  const other = await ask('POST', '/connections', {
    name: 'other',
    connector: 'http',
    address: target.url,
    auth: { kind: 'basic', username: 'bot' },
    secrets: { password: FIRST },
  });
  await ownerPool.query(
    `UPDATE connection SET secret_id = (SELECT secret_id FROM connection WHERE id = $1), secret_version = (SELECT secret_version FROM connection WHERE id = $1) WHERE id = $2`,
    [crm, other.body.id],
  );
  await ownerPool.query(
    'ALTER TABLE secret DISABLE TRIGGER USER; UPDATE secret SET ciphertext = (SELECT s.ciphertext FROM secret s WHERE s.version = 1 AND s.ciphertext IS NOT NULL) WHERE version > 1 AND ciphertext IS NOT NULL',
  );
  expect(await ask('POST', `/connections/${crm}/test`, {})).toMatchObject({
    body: { ok: false, reason: expect.stringContaining('can’t be read with the key') },
  });
});

test('the security log has who made, changed and tested it, and the first use of each version of its secret', async () => {
  const { rows } = await pool.query<{ kind: string; by: string; facts: Record<string, unknown> }>(
    'SELECT kind, "by", facts FROM security_event WHERE about = $1 ORDER BY id',
    [`connection:${crm}`],
  );
  const kinds = rows.map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(
    new Set(['connection_made', 'secret_set', 'secret_used', 'connection_changed', 'connection_tested']),
  );
  expect(kinds.slice(0, 3)).toEqual(['connection_made', 'secret_set', 'secret_used']);
  const used = rows.filter(({ kind }) => kind === 'secret_used').map(({ facts }) => facts.version);
  expect(used).toEqual([...new Set(used)]);
  expect(used[0]).toBe(1);
});

test('no secret is anywhere but in its sealed row', async () => {
  const places: [string, string][] = [
    ['log', logged.join('\n')],
    ['answers', said.join('\n')],
  ];
  const { rows: tables } = await pool.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'",
  );
  for (const { name } of tables) {
    const { rows: all } = await pool.query<Record<string, unknown>>(`SELECT * FROM "${name}"`);
    for (const row of all)
      for (const value of Object.values(row))
        places.push([name, Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value)]);
  }
  const { rows: batches } = await pool.query<{ id: string }>('SELECT id FROM batch');
  for (const { id } of batches) {
    for (const path of ['receipts?format=jsonl', 'receipts?format=csv', 'receipts?format=md', 'chunks', 'plan', 'failures'])
      places.push([path, (await asAdmin('GET', `/batches/${id}/${path}`)).text]);
    places.push(['trail', await textOf(await exportTrail(ADA, { batchId: id }))]);
  }
  const found = places
    .filter(([, text]) => /canary|Y2FuYXJ5|NhbmFye|jYW5hcn/.test(text))
    .map(([name, text]) => `${name}: ${text.slice(0, 300)}`);
  expect(found).toEqual([]);
  // Each place had something to look at, and the target did repeat what it was sent.
  expect(places.some(([name, text]) => name === 'receipt_value' && text.includes('secret of crm'))).toBe(true);
});

/** The files of a trail, one after the other. */
async function textOf({ body }: { body: AsyncIterable<Uint8Array> }): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const { names, read } = await openZip(
    { size: bytes.length, read: async (at: number, length: number) => bytes.subarray(at, at + length) },
    inflate,
  );
  const texts: Buffer[] = [];
  for (const name of names) for await (const part of read(name)) texts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(texts).toString('latin1');
}
