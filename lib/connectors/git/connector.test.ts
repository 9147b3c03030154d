/** Files of a repository: changes are kept here, and a push sends exactly the approved ones, or nothing. */

import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ApplyInput, Delivery, Done } from '#lib/connectors/port.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { db } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { gitMissing, gitServer, PASSWORD, USER } from '#test/fixtures/git-server.ts';
import { makeGit } from './connector.ts';
import { pathFault } from './names.ts';
import { rangesOf, rangesText } from './ranges.ts';

const { pool } = await testDatabase();
const server =
  gitMissing === null ? await gitServer({ 'a.md': 'first\n', 'docs/b.md': 'second\n', 'docs/c.bin': 'third\n' }) : null;
const ID = randomUUID();
const never = new AbortController().signal;
let live: LiveConnection;
const folder = mkdtempSync(join(tmpdir(), 'git-copies-'));
const git = makeGit({
  allowPrivateTargets: () => true,
  connections: async (id) => (id === ID ? live : null),
  models: db,
  folder: () => folder,
});

const action = (verb: string, given: Action['with'] = {}): Action => ({
  ...{ connector: 'git', connection: 'repo', do: verb, honoursKeys: false, with: given },
  through: {
    ...{ id: ID, revision: 1, address: server?.address ?? '', auth: { kind: 'basic', username: USER }, secret: `secret:${ID}` },
    ...{ keys: true, inspect: null, success: null, permanent: false },
  },
});

let batchId: string;
beforeEach(() => {
  batchId = randomUUID();
  live = {
    ...{ id: ID, name: 'repo', revision: 1, address: server?.address ?? '', auth: { kind: 'basic', username: USER } },
    ...{ secret: { password: PASSWORD }, secretId: ID, secretVersion: 1, limits: { concurrency: null, windows: [] } },
    declared: { keys: { honoured: true, forHours: null }, inspect: null, success: null, permanent: false },
  };
});

/** As the executor's outcome says it. */
async function happened(ordinal: number): Promise<void> {
  await pool.query(
    `INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf) VALUES ($1, 1, $2, $2, 1, 'outcome', 'succeeded', '{}', $3)`,
    [batchId, ordinal, sha256(Buffer.from('{}'))],
  );
}

/** As the executor leaves it: the request is kept, and a receipt says that it happened. */
async function applied(one: Action, ordinal: number, fields: Record<string, string>, more: Partial<ApplyInput> = {}) {
  const request = git.prepare(one, { ordinal, fields: { branch: 'main', ...fields } });
  const input: ApplyInput = {
    ...{ batchId, datasetId: ID, ordinal, category: 'x', honoursKeys: true, idempotencyKey: randomBytes(16).toString('hex') },
    action: { connector: 'git', connection: 'repo', do: one.do, version: 1 },
    ...{ request, ...more },
  };
  await pool.query('INSERT INTO frozen_request (digest, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    sha256(Buffer.from(request)),
    Buffer.from(request),
  ]);
  const result = await git.apply(input, never);
  if (one.do !== 'push' && result.result === 'succeeded') await happened(ordinal);
  return { input, result };
}

async function prepared(to: string | null = null) {
  const [one, ...others] = (await git.delivers?.gather(batchId, { to }, never)) ?? [];
  expect(others).toEqual([]);
  return one as Delivery;
}
const pushing = (delivery: Delivery, more: Partial<ApplyInput> = {}) => {
  if (delivery.fields === null) throw new Error('There is nothing to push.');
  return applied(action('push', delivery.action.with), 1, delivery.fields, more);
};
const blobOf = (path: string): string => server?.git('rev-parse', `main:${path}`) ?? '';
const done = ({ input, result }: Awaited<ReturnType<typeof applied>>, one: Action): Done => ({
  ...{ datasetId: ID, ordinal: input.ordinal, action: one, request: input.request, idempotencyKey: input.idempotencyKey },
  ...{ target: result.result === 'succeeded' ? result.target : null, before: null, reason: null, undid: null },
});
const write = action('write', { content: '{{text}}' });

describe.skipIf(gitMissing !== null)('over http', () => {
  beforeEach(() => {
    const there = Object.keys(server?.files() ?? {});
    server?.commit({ ...Object.fromEntries(there.map((path) => [path, null])), 'a.md': 'first\n', 'docs/b.md': 'second\n' });
    if (server) server.onPush = {};
  });

  test('what was approved is pushed as one commit for each item, and nothing before', async () => {
    const before = server?.git('rev-parse', 'main');
    await applied(write, 1, { path: 'a.md', blob: blobOf('a.md'), text: 'anew\n' });
    await applied(action('delete'), 2, { path: 'docs/b.md', blob: blobOf('docs/b.md') });
    await applied(write, 3, { path: 'new folder/é "q".md', text: 'made\n' });
    expect(server?.git('rev-parse', 'main')).toBe(before);
    const delivery = await prepared();
    expect(delivery).toMatchObject({ left: [], fields: { items: '1-3', commits: '3', base: before, to: 'main' } });
    expect(server?.git('rev-parse', 'main')).toBe(before);
    expect((await pushing(delivery)).result).toMatchObject({ result: 'succeeded', target: delivery.fields?.tip });
    expect(server?.files()).toEqual({ 'a.md': 'anew\n', 'new folder/é "q".md': 'made\n' });
    const log = server?.git('log', '--format=%an %s|%(trailers:key=Countersign-Item,valueonly,separator=)', `${before}..main`);
    expect(log?.split('\n')).toEqual([
      'Countersign Write new folder/é "q".md|3',
      'Countersign Delete docs/b.md|2',
      'Countersign Write a.md|1',
    ]);
    expect(await git.delivers?.gather(batchId, { to: null }, never)).toEqual([]);
  });

  test('a push whose answer was lost is sent again and found there; one that did not arrive is sent', async () => {
    for (const where of ['before', 'after'] as const) {
      await applied(write, where === 'before' ? 1 : 2, { path: 'a.md', text: `${where}\n` });
      const delivery = await prepared();
      if (server) server.onPush = { [where]: () => 'cut' };
      const first = await pushing(delivery);
      expect(first.result).toMatchObject({ result: 'uncertain', repeat: 'unanswered' });
      expect(await git.inspect(first.input, never)).toMatchObject({ finding: where === 'after' ? 'happened' : 'not_there' });
      if (server) server.onPush = {};
      const again = await pushing(delivery, { ...first.input, mayHaveActed: true });
      expect(again.result).toMatchObject({ result: 'succeeded', target: delivery.fields?.tip });
      expect(server?.files()['a.md']).toBe(`${where}\n`);
    }
  });

  test('a branch that moved refuses the push whole; a file that was changed is left out when it is prepared anew', async () => {
    await applied(write, 1, { path: 'a.md', blob: blobOf('a.md'), text: 'ours\n' });
    await applied(write, 2, { path: 'docs/b.md', blob: blobOf('docs/b.md'), text: 'ours\n' });
    const stale = await prepared();
    server?.commit({ 'a.md': 'theirs\n' });
    expect((await pushing(stale)).result).toMatchObject({ result: 'failed', reason: 'branch_moved' });
    expect(server?.files()).toMatchObject({ 'a.md': 'theirs\n', 'docs/b.md': 'second\n' });
    const anew = await prepared();
    expect(anew.left).toEqual([{ why: 'the file was changed since it was read', count: 1, first: 'a.md' }]);
    expect((await pushing(anew)).result.result).toBe('succeeded');
    expect(server?.files()).toMatchObject({ 'a.md': 'theirs\n', 'docs/b.md': 'ours\n' });
  });

  test('somebody who pushes in the moment between the look and the push is not overwritten', async () => {
    await applied(write, 1, { path: 'docs/b.md', text: 'ours\n' });
    const delivery = await prepared();
    if (server)
      server.onPush.before = () => {
        server.commit({ 'a.md': 'theirs\n' });
        return undefined;
      };
    expect((await pushing(delivery)).result).toMatchObject({ result: 'failed', reason: 'branch_moved' });
    expect(server?.files()).toMatchObject({ 'a.md': 'theirs\n', 'docs/b.md': 'second\n' });
  });

  test('a server that refuses is heard, and the changes wait again', async () => {
    await applied(write, 1, { path: 'a.md', text: 'x\n' });
    server?.git('config', 'receive.denyUpdateCurrentBranch', 'true');
    server?.git('config', 'transfer.hideRefs', 'refs/heads/main');
    const delivery = await prepared('other')
      .finally(() => server?.git('config', '--unset', 'transfer.hideRefs'))
      .catch(() => null);
    expect(delivery).toBeNull();
    const real = await prepared();
    live = { ...live, secret: { password: 'not the password' } };
    expect((await pushing(real)).result).toMatchObject({ result: 'failed', reason: 'credentials_refused' });
    live = { ...live, secret: { password: PASSWORD } };
    expect((await prepared()).fields?.tip).toBe(real.fields?.tip);
  });

  test('to a branch of its own, which must not be there', async () => {
    await applied(write, 1, { path: 'a.md', text: 'branched\n' });
    const delivery = await prepared('countersign/one');
    expect(delivery.fields).toMatchObject({ to: 'countersign/one', was: '' });
    expect((await pushing(delivery)).result.result).toBe('succeeded');
    expect(server?.files('countersign/one')['a.md']).toBe('branched\n');
    expect(server?.files()['a.md']).toBe('first\n');
    server?.git('update-ref', '-d', 'refs/heads/countersign/one');
  });

  test('what is not pushed is withdrawn by an undo, and what was pushed is reversed by a change of its own', async () => {
    const kept = await applied(action('move', { to: 'moved/{{path}}' }), 1, { path: 'a.md', blob: blobOf('a.md') });
    const taken = await applied(write, 2, { path: 'docs/b.md', text: 'never\n' });
    const [withdrawal] = await git.undo({} as never, [done(taken, write)]);
    expect(withdrawal).toMatchObject({ action: { do: 'withdraw' } });
    const request = 'request' in (withdrawal ?? {}) ? (withdrawal as { request: Uint8Array }).request : new Uint8Array();
    const input = { ...taken.input, request, idempotencyKey: 'w'.repeat(32), action: { ...taken.input.action, do: 'withdraw' } };
    for (let twice = 0; twice < 2; twice += 1) expect(await git.apply(input, never)).toMatchObject({ result: 'succeeded' });
    expect((await pushing(await prepared())).result.result).toBe('succeeded');
    expect(server?.files()).toEqual({ 'moved/a.md': 'first\n', 'docs/b.md': 'second\n' });
    const [reversal] = await git.undo({} as never, [done(kept, action('move'))]);
    expect(reversal).toMatchObject({ action: { do: 'put_back' } });
    batchId = randomUUID();
    const back = (reversal as { request: Uint8Array }).request;
    await pool.query('INSERT INTO frozen_request (digest, bytes) VALUES ($1, $2)', [
      sha256(Buffer.from(back)),
      Buffer.from(back),
    ]);
    await git.apply({ ...kept.input, batchId, request: back, idempotencyKey: 'b'.repeat(32) }, never);
    await happened(1);
    expect((await pushing(await prepared())).result.result).toBe('succeeded');
    expect(server?.files()).toEqual({ 'a.md': 'first\n', 'docs/b.md': 'second\n' });
  });

  test('a change that was withdrawn after its push was prepared stops that push', async () => {
    const one = await applied(write, 1, { path: 'a.md', text: 'x\n' });
    await applied(write, 2, { path: 'docs/b.md', text: 'y\n' });
    const delivery = await prepared();
    const [withdrawal] = await git.undo({} as never, [done(one, write)]);
    await git.apply(
      { ...one.input, request: (withdrawal as { request: Uint8Array }).request, idempotencyKey: 'w'.repeat(32) },
      never,
    );
    expect((await pushing(delivery)).result).toMatchObject({ result: 'failed', reason: 'changes_differ' });
    expect(server?.files()).toEqual({ 'a.md': 'first\n', 'docs/b.md': 'second\n' });
  });

  test('the file as it is and as it would be', async () => {
    const look = (one: Action, fields: Record<string, string>) =>
      git.look?.(
        {} as never,
        {
          do: one.do,
          request: git.prepare(one, { ordinal: 1, fields: { branch: 'main', ...fields } }),
          idempotencyKey: null,
          datasetId: ID,
          ordinal: 1,
        },
        never,
      );
    expect(await look(write, { path: 'a.md', text: 'anew\n' })).toMatchObject({ whole: 'first\n', will: 'anew\n' });
    expect(await look(action('delete'), { path: 'a.md' })).toMatchObject({ whole: 'first\n', will: '' });
    expect(await look(write, { path: 'new.md', text: 'anew\n' })).toMatchObject({
      whole: '',
      will: 'anew\n',
      heard: expect.stringContaining('no file new.md'),
    });
    expect(await look(write, { path: 'a.md', blob: '1'.repeat(40), text: '' })).toMatchObject({
      heard: expect.stringContaining('not any more as it was read'),
    });
    expect(await look(write, { path: 'a.md', branch: 'gone', text: '' })).toEqual({
      cannot: 'The repository has no branch “gone”.',
    });
  });

  test('a connection is tried, and its files become items', async () => {
    expect(await git.connections?.test(live, { method: 'GET', path: '', key: '' }, never)).toEqual({
      ok: true,
      reason: 'Signed in. It has the branch main.',
      offers: { places: ['main'] },
    });
    expect(
      await git.connections?.test({ ...live, secret: { password: 'another one' } }, { method: 'GET', path: '', key: '' }, never),
    ).toMatchObject({ ok: false, reason: expect.stringContaining('did not accept the credentials') });
    expect(
      await git.connections?.test({ ...live, address: `${live.address}x` }, { method: 'GET', path: '', key: '' }, never),
    ).toMatchObject({ ok: false, reason: expect.stringContaining('no such repository') });
    const source = git.connections?.source?.(live, 'main:docs', never);
    const items = [];
    for await (const { about, bytes } of source?.items ?? []) items.push({ ...about, content: String(bytes) });
    expect(items).toEqual([
      expect.objectContaining({
        path: 'docs/b.md',
        folder: 'docs',
        extension: 'md',
        blob: blobOf('docs/b.md'),
        branch: 'main',
        text: 'yes',
        content: 'second\n',
      }),
    ]);
    for (const [place, words] of [
      ['gone', 'has no branch'],
      ['main:none', 'no files'],
      ['-x', 'no name of a branch'],
      ['main:../x', 'has . or ..'],
    ] as const)
      await expect(
        (async () => {
          for await (const _ of git.connections?.source?.(live, place, never).items ?? []);
        })(),
      ).rejects.toThrow(words);
  });

  test('no list of processes and no answer shows the secret', async () => {
    await applied(write, 1, { path: 'a.md', text: 'x\n' });
    const delivery = await prepared();
    let shown = '';
    if (server)
      server.onPush.before = () => {
        shown = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout;
        return undefined;
      };
    const { result } = await pushing(delivery);
    expect(shown).toContain('git');
    for (const text of [shown, JSON.stringify(result), JSON.stringify(delivery)]) {
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(Buffer.from(`${USER}:${PASSWORD}`).toString('base64'));
    }
  });
});

test.each([
  '',
  '/a',
  'a/',
  'a//b',
  '../a',
  'a/./b',
  '.git/config',
  'a/.GIT/x',
  'git~1/x',
  '.git\u200c/x',
  '.git /x',
  'a\nb',
  'x'.repeat(5000),
])('no file has the path %j', (path) => {
  expect(pathFault(path)).not.toBeNull();
  expect(() => git.prepare(write, { ordinal: 1, fields: { branch: 'main', path, text: '' } })).toThrow('Item 1');
});

test('items as ranges', () => {
  const ordinals = [1, 2, 3, 7, 9, 10];
  expect(rangesText(ordinals)).toBe('1-3,7,9-10');
  const among = rangesOf('1-3,7,9-10');
  expect(Array.from({ length: 12 }, (_, n) => n).filter(among)).toEqual(ordinals);
  expect([1, 5].some(rangesOf(''))).toBe(false);
});
