/** People's API keys: what they may do, when they end, that nobody learns one, and that somebody and their keys are one person. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { KEY_GUESSES_PER_ADDRESS } from '#lib/core/limits.ts';
import type { Role } from '#lib/core/people/roles.ts';
import type { KeyMade } from '#lib/shapes/keys.ts';
import { whyNotYou } from '#lib/steps/checkpoints/signers.ts';
import { tellNotices } from '#lib/steps/notices/tell.ts';
import { changeRole } from '#lib/steps/people/change-role.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { enablePerson } from '#lib/steps/people/enable-person.ts';
import { listSecurity } from '#lib/steps/security/list-security.ts';
import { readNames } from '#lib/store/people/names.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { answerApi } from './answer.ts';
import { openApiDocument } from './openapi.ts';

const database = await testDatabase();
const { pool, prisma } = database;
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
const ENV_KEY = 'a-key-of-the-environment';
const SITE = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };
const keeper: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };

type Sent = { method?: string; key?: string; cookie?: string; body?: unknown; headers?: Record<string, string> };

async function ask(path: string, { method = 'GET', key, cookie, body, headers = {} }: Sent = {}) {
  const response = await answerApi(
    new Request(`http://127.0.0.1:3000/api/v1${path}`, {
      method,
      headers: {
        ...{ ...SITE, ...headers },
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(cookie ? { cookie } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }),
  );
  const text = await response.text();
  return { status: response.status, body: /\bjson\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text };
}

/** A person of a role with a key, made as people make them: signed in. */
async function keyed(role: Role, given: Partial<{ role: Role; batches: string[]; days: number }> = {}) {
  const { id } = await somebody(role);
  const cookie = await sessionOf(id);
  const made = await ask('/keys', { method: 'POST', cookie, body: { name: 'Script', role, days: 30, ...given } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { ...(made.body as KeyMade), cookie, keyId: (made.body as KeyMade).id, personId: id };
}

beforeEach(() => pool.query('DELETE FROM sign_in_try'));

describe('a key', () => {
  it('is shown once, kept as a digest, and names itself and its owner in what it does', async () => {
    const { key, keyId, cookie, hint } = await keyed('operator');
    expect(key).toMatch(/^countersign_[\w-]{43}$/);
    expect(key.endsWith(hint)).toBe(true);
    const listed = await ask('/keys', { cookie });
    expect(listed.body.items).toMatchObject([{ id: keyId, name: 'Script', role: 'operator', state: 'valid', lastUsedAt: null }]);
    expect(JSON.stringify(listed.body)).not.toContain(key);
    const stored = await prisma.apiKey.findUniqueOrThrow({ where: { id: keyId } });
    expect(JSON.stringify({ ...stored, digest: Buffer.from(stored.digest).toString('latin1') })).not.toContain(key.slice(12, -4));

    expect((await ask('/batches', { key })).status).toBe(200);
    expect((await ask('/keys', { cookie })).body.items[0].lastUsedAt).toEqual(expect.any(String));
    expect((await readNames(database, [`key:${keyId}`])).get(`key:${keyId}`)).toBe('Script (key of Bo)');
    const { items } = await listSecurity(keeper, { kind: 'key_made', limit: 1 });
    expect(items).toMatchObject([{ about: { id: `key:${keyId}`, name: 'Script' }, facts: { role: 'operator' } }]);
    expect(JSON.stringify(items)).not.toContain(key);
  });

  it('does what its role may, and no more', async () => {
    const { key } = await keyed('admin', { role: 'reviewer' });
    expect((await ask('/datasets', { key })).status).toBe(200);
    for (const path of ['/people', '/security-log', '/workers']) expect((await ask(path, { key })).status, path).toBe(403);
  });

  it.each([
    ['reviewer', 'operator'],
    ['reviewer', 'admin'],
    ['operator', 'auditor'],
    ['auditor', 'reviewer'],
  ] as const)('of a %s is none of an %s', async (role, more) => {
    const cookie = await sessionOf((await somebody(role)).id);
    const made = await ask('/keys', { method: 'POST', cookie, body: { name: 'Script', role: more, days: 1 } });
    expect(made).toMatchObject({ status: 403, body: { problems: [{ path: 'role' }] } });
  });

  it('with more than its owner may by now is refused, and taken again when its owner may', async () => {
    const { key, personId, cookie } = await keyed('operator');
    await changeRole(keeper, { personId, role: 'reviewer' });
    expect(await ask('/batches', { key })).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining('more than its owner') },
    });
    expect((await ask('/keys', { cookie })).body.items).toMatchObject([{ state: 'beyond' }]);
    await changeRole(keeper, { personId, role: 'operator' });
    expect((await ask('/batches', { key })).status).toBe(200);
  });

  it('is over when it has expired, when it is revoked, and when its owner is disabled, for good', async () => {
    const old = await keyed('reviewer');
    await pool.query(`UPDATE api_key SET expires_at = now() WHERE id = $1`, [old.keyId]);
    expect(await ask('/batches', { key: old.key })).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining('expired') },
    });

    const revoked = await keyed('reviewer');
    const by = { cookie: revoked.cookie };
    expect(await ask(`/keys/${revoked.keyId}`, { method: 'DELETE', ...by })).toMatchObject({
      status: 200,
      body: { state: 'revoked' },
    });
    expect((await ask(`/keys/${revoked.keyId}`, { method: 'DELETE', ...by })).status).toBe(200);
    expect((await ask('/batches', { key: revoked.key })).status).toBe(401);

    const out = await keyed('reviewer');
    await disablePerson(keeper, { personId: out.personId });
    expect((await ask('/batches', { key: out.key })).status).toBe(401);
    await enablePerson(keeper, { personId: out.personId });
    expect(await ask('/batches', { key: out.key })).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining('revoked') },
    });
    const refused = await listSecurity(keeper, { kind: 'key_refused', limit: 4 });
    expect(refused.items.map(({ facts }) => facts.because)).toEqual(['revoked', 'owner', 'revoked', 'expired']);
  });

  it('that is bound to batches gets at those and at nothing else', async () => {
    const seed = () =>
      seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: [{ fields: { a: '1' }, category: 'noise' }] }] });
    const [own, other] = [await seed(), await seed()];
    const { key } = await keyed('operator', { batches: [own.batchId] });
    for (const path of ['', '/chunks', '/chunks/1/items', '/receipts'])
      expect((await ask(`/batches/${own.batchId}${path}`, { key })).status, path).toBe(200);
    for (const path of [
      ...['', '/chunks/1/items', '/receipts', '/trail.zip', '/events'].map((part) => `/batches/${other.batchId}${part}`),
      ...['/batches', `/datasets/${own.datasetId}/items`, '/find?q=1', '/receipts?text=1', '/events', '/tasks', '/keys'],
      `/batches/${own.batchId}/../${other.batchId}`,
    ])
      expect((await ask(path, { key })).status, path).toBeOneOf([403, 404]);
    const answer = await ask(`/batches/${other.batchId}/pause`, { method: 'POST', key, body: {} });
    expect(answer).toMatchObject({ status: 403, body: { detail: expect.stringContaining('bound to batches') } });
    expect(await ask('/batches/preview', { method: 'POST', key, body: {} })).toMatchObject({ status: 403 });
    const cookie = await sessionOf((await somebody('operator')).id);
    const nowhere = { name: 'Script', role: 'reviewer', days: 1, batches: [randomUUID()] };
    expect((await ask('/keys', { method: 'POST', cookie, body: nowhere })).status).toBe(404);
  });
});

describe('making keys', () => {
  it('that is bound to a batch is refused by every path of the API that is not below it, and told nothing of others below it', async () => {
    const item = { fields: { a: 'of the other' }, category: 'noise', receipts: ['intent', 'outcome:succeeded'] as const };
    const seed = (name: string) =>
      seedBatch(pool, { name, chunks: [{ state: 'done', items: [{ ...item, receipts: [...item.receipts] }] }] });
    const [own, other] = [await seed('Own batch'), await seed('Other batch')];
    const { key } = await keyed('admin', { batches: [own.batchId] });
    const { paths } = await openApiDocument();
    const at = (path: string, id: string) =>
      path
        .replace('/api/v1', '')
        .replace('{id}', id)
        .replace('{receipt}', '1-1')
        .replace(/\{\w+\}/g, '1');
    let refused = 0;
    for (const [path, methods] of Object.entries(paths ?? {}))
      for (const method of Object.keys(methods ?? {})) {
        const asked = { method: method.toUpperCase(), key, ...(method === 'get' ? {} : { body: {} }) };
        const { status } = await ask(at(path, other.batchId), asked);
        expect(status, `${method} ${path}`).toBe(path.endsWith('/openapi.json') ? 200 : 403);
        refused += 1;
        if (method !== 'get' || !path.startsWith('/api/v1/batches/{id}') || path.endsWith('/events')) continue;
        const { body } = await ask(at(path, own.batchId), asked);
        expect(JSON.stringify(body), path).not.toContain('Other batch');
        expect(JSON.stringify(body), path).not.toContain(other.batchId);
      }
    expect(refused).toBeGreaterThan(90);
  });

  it('reads and marks the notices of its owner, whose alone they are, and silences nobody', async () => {
    const [own, other] = [await keyed('reviewer'), await keyed('auditor')];
    for (const name of ['One', 'Two'])
      await seedBatch(pool, {
        name,
        chunks: [{ state: 'awaiting_review', items: [{ fields: { a: 'a value' }, category: 'noise' }] }],
      });
    await tellNotices();
    const first = await ask('/notices?limit=1', { key: own.key });
    expect(first).toMatchObject({ status: 200, body: { items: [{ kind: 'waits', read: false }], next: expect.any(String) } });
    expect(JSON.stringify(first)).not.toMatch(/a value|@/);
    const rest = await ask(`/notices?cursor=${first.body.next}`, { cookie: own.cookie });
    expect(rest.body.items).toMatchObject([{ kind: 'waits' }, ...rest.body.items.slice(1)]);
    expect((await ask('/notices', { key: other.key })).body).toEqual({ items: [], next: null });
    // Up to a number beyond all: one's own alone.
    const beyond = { upTo: '9'.repeat(18) };
    expect(await ask('/notices/read', { method: 'POST', key: other.key, body: beyond })).toEqual({ status: 200, body: {} });
    const unread = async () =>
      (await ask('/notices', { key: own.key })).body.items.filter(({ read }: { read: boolean }) => !read).length;
    const before = await unread();
    await ask('/notices/read', { method: 'POST', key: own.key, body: { upTo: rest.body.items[0].id } });
    expect([before - (await unread()), await unread()]).toEqual([rest.body.items.length, 1]);
    const none = { kind: 'waits', by: 'none' };
    expect((await ask('/notices/choices', { key: own.key })).body).toMatchObject({
      mail: false,
      choices: [{ kind: 'waits', by: 'mail' }, {}, {}, {}],
    });
    expect((await ask('/notices/choices', { method: 'PUT', key: own.key, body: none })).status).toBe(403);
    expect(await ask('/notices/choices', { method: 'PUT', cookie: own.cookie, body: none })).toEqual({ status: 200, body: none });
    // That of the environment is nobody's.
    for (const [method, path, body] of [
      ['GET', '/notices', undefined],
      ['GET', '/notices/choices', undefined],
      ['POST', '/notices/read', beyond],
      ['PUT', '/notices/choices', none],
    ] as const)
      expect((await ask(path, { method, key: ENV_KEY, body })).status, path).toBe(403);
    for (const upTo of ['-1', '1e3', '', '9'.repeat(19)])
      expect((await ask('/notices/read', { method: 'POST', cookie: own.cookie, body: { upTo } })).status, upTo).toBe(400);
  });

  it('is not for keys, nor for others, nor twice under one Idempotency-Key', async () => {
    const { key, cookie } = await keyed('admin');
    const body = { name: 'Script', role: 'reviewer', days: 1 };
    expect(await ask('/keys', { method: 'POST', key, body })).toMatchObject({ status: 403 });
    const other = { ...body, owner: (await somebody('reviewer')).id };
    expect((await ask('/keys', { method: 'POST', cookie, body: other })).status).toBe(403);
    const once = await ask('/keys', { method: 'POST', cookie, body, headers: { 'idempotency-key': 'once' } });
    expect(once).toMatchObject({ status: 400, body: { detail: expect.stringContaining('shown once') } });
    expect((await pool.query("SELECT FROM api_write WHERE path = '/api/v1/keys'")).rowCount).toBe(0);
    for (const odd of [{ days: 0 }, { days: 10_000 }, { name: ' ' }, { role: 'root' }, { batches: ['x'] }])
      expect((await ask('/keys', { method: 'POST', cookie, body: { ...body, ...odd } })).status, JSON.stringify(odd)).toBe(400);
  });

  it('by the key of the environment is for a person whom it names', async () => {
    const { id } = await somebody('reviewer');
    const body = { name: 'Script', role: 'reviewer', days: 1 };
    expect((await ask('/keys', { method: 'POST', key: ENV_KEY, body })).status).toBe(400);
    const made = await ask('/keys', { method: 'POST', key: ENV_KEY, body: { ...body, owner: id } });
    expect(made).toMatchObject({ status: 201, body: { owner: { id } } });
    expect((await ask('/keys', { method: 'POST', key: ENV_KEY, body: { ...body, role: 'admin', owner: id } })).status).toBe(403);
    await disablePerson(keeper, { personId: id });
    expect((await ask('/keys', { method: 'POST', key: ENV_KEY, body: { ...body, owner: id } })).status).toBe(404);
  });
});

describe('keys of others', () => {
  it('are seen and revoked by admins alone; who asks for one learns nothing', async () => {
    const bo = await keyed('operator');
    const eve = await keyed('operator');
    expect((await ask('/keys', { cookie: eve.cookie })).body.items.map(({ id }: KeyMade) => id)).toEqual([eve.keyId]);
    expect((await ask('/keys?everybody=true', { cookie: eve.cookie })).status).toBe(403);
    const [there, nowhere] = [bo.keyId, randomUUID()].map((id) => ask(`/keys/${id}`, { method: 'DELETE', cookie: eve.cookie }));
    expect(await there).toEqual(await nowhere);
    // A key ends itself, and no other one of its owner.
    const second = await ask('/keys', { method: 'POST', cookie: bo.cookie, body: { name: 'Two', role: 'reviewer', days: 1 } });
    expect((await ask(`/keys/${bo.keyId}`, { method: 'DELETE', key: second.body.key })).status).toBe(404);
    expect((await ask(`/keys/${second.body.id}`, { method: 'DELETE', key: second.body.key })).status).toBe(200);
    const cookie = await sessionOf((await somebody('admin')).id);
    const all = await ask('/keys?everybody=true&limit=200', { cookie });
    expect(all.body.items.map(({ id }: KeyMade) => id)).toEqual(expect.arrayContaining([bo.keyId, eve.keyId]));
    expect((await ask(`/keys/${bo.keyId}`, { method: 'DELETE', cookie })).status).toBe(200);
  });
});

describe('guesses', () => {
  it('are counted by address, told to wait, and told to the security log, and lock nobody’s key', async () => {
    const { key } = await keyed('reviewer');
    const guess = (text: string) => ask('/batches', { key: text, headers: { 'x-forwarded-for': '198.51.100.7' } });
    expect((await guess(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`)).status).toBe(401);
    await pool.query('UPDATE sign_in_try SET count = $1', [KEY_GUESSES_PER_ADDRESS]);
    expect((await guess('countersign_guess')).status).toBe(423);
    expect((await guess(key)).status).toBe(200);
    const { items } = await listSecurity(keeper, { kind: 'key_refused', search: '198.51.100.7' });
    expect(items).toMatchObject([{ by: { id: 'nobody' } }, { facts: { because: 'unknown' } }]);
    expect(JSON.stringify(items)).not.toContain(key.slice(0, 20));
  });
});

describe('where two have to sign', () => {
  it('somebody and their key are one', async () => {
    const [bo, cy] = [await keyed('reviewer'), await keyed('reviewer')];
    const plan = { gates: { approvals: 2, keysMaySign: true } } as never;
    const why = async (id: string, first: string | null, startedBy: string) =>
      (await whyNotYou(database, { id }, [first], { plan, startedBy })).get(first);
    const [person, key, other] = [`user:${bo.personId}`, `key:${bo.keyId}`, `key:${cy.keyId}`];
    expect(await why(key, person, 'key:env')).toBe('signed');
    expect(await why(person, key, 'key:env')).toBe('signed');
    expect(await why(key, null, person)).toBe('started');
    expect(await why(person, null, key)).toBe('started');
    expect(await why(other, key, 'key:env')).toBeNull();
    await prisma.user.update({ where: { id: cy.personId }, data: { invitedBy: person } });
    expect(await why(other, key, 'key:env')).toBe('invited');
  });
});
