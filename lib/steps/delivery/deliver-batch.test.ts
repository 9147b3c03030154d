/** A repository's files from their reading to the push: nothing leaves before its approval, and what is left out is told. */
import { afterAll, describe, expect, test } from 'vitest';
import { stopRinging } from '#lib/engine/bell.ts';
import type { ChunkChanges } from '#lib/shapes/changes.ts';
import { testDatabase } from '#test/database.ts';
import { approve, asAdmin, until } from '#test/fixtures/connected.ts';
import { gitMissing, gitServer, PASSWORD, USER } from '#test/fixtures/git-server.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';
afterAll(stopRinging);

const PLAN = {
  version: 2,
  classifier: {
    kind: 'rules',
    rules: [
      { where: [[{ field: 'extension', is: 'is', value: 'tmp' }]], category: 'remove', why: 'Left over.' },
      { where: [[{ field: 'content', is: 'contains_not', value: 'Licence' }]], category: 'licence', why: 'It has none.' },
    ],
    otherwise: 'keep',
  },
  categories: [
    { name: 'remove', action: { connector: 'git', connection: 'repo', do: 'delete', with: { message: 'Remove {{path}}' } } },
    {
      name: 'licence',
      action: { connector: 'git', connection: 'repo', do: 'write', with: { content: 'Licence: MIT\n{{content}}' } },
    },
    { name: 'keep', action: null },
  ],
  chunking: { by: 'size', maxItems: 2 },
  gates: { next: 'parallel' },
  execution: { first: 0 },
  receiptFields: ['path'],
};

describe.skipIf(gitMissing !== null)('a repository', () => {
  test('is read, changed as approved, pushed as approved, and reversed', async () => {
    const server = await gitServer({ 'a.md': 'one\n', 'b.md': 'Licence: MIT\ntwo\n', 'c/d.md': 'three\n', 'e.tmp': '' });
    const before = server.git('rev-parse', 'main');
    const made = await asAdmin('POST', '/connections', {
      ...{ name: 'repo', connector: 'git', address: server.address, auth: { kind: 'basic', username: USER } },
      secrets: { password: PASSWORD },
    });
    expect(made.status, made.text).toBe(201);
    const collected = await asAdmin('POST', `/connections/${made.body.id}/dataset`, { place: 'main' });
    expect(collected.status, collected.text).toBe(201);
    const started = await asAdmin('POST', '/batches', {
      datasetId: collected.body.id,
      name: 'Licences',
      plan: PLAN,
      start: true,
    });
    expect(started.status, started.text).toBe(201);
    const batch = String(started.body.id);
    await until(pool, batch, 'awaiting_review');
    expect((await asAdmin('GET', `/batches/${batch}/push`)).body).toEqual({ waiting: 0, sent: 0 });
    expect((await asAdmin('POST', `/batches/${batch}/push`)).status).toBe(409);
    const changes = async (of: string, chunk: number) => (await asAdmin('GET', `/batches/${of}/chunks/${chunk}/changes`)).body;
    const sum = { files: 1, new: 0, moved: 0, removed: 0, added: 1, gone: 0, unread: 0 };
    const lines = [{ before: 1, after: 1, lines: ['+Licence: MIT', ' one'] }];
    const written = { path: 'a.md', from: null, kind: 'changed', added: 1, removed: 0, hunks: lines, more: 0, why: null };
    const first = { sum, files: [{ ordinal: 1, ...written }], next: null };
    expect(await changes(batch, 1)).toEqual({ approved: false, ...first });
    expect(await changes(batch, 2)).toMatchObject({
      sum: { ...sum, files: 2, removed: 1 },
      files: [
        { path: 'c/d.md', added: 1 },
        { path: 'e.tmp', kind: 'removed', hunks: [], why: 'There is no text in it.' },
      ],
    });
    await approve(pool, batch);
    await until(pool, batch, 'done');
    expect(await changes(batch, 1)).toEqual({ approved: true, ...first });
    expect(server.git('rev-parse', 'main')).toBe(before);
    expect((await asAdmin('GET', `/batches/${batch}/push`)).body).toEqual({ waiting: 3, sent: 0 });

    server.commit({ 'a.md': 'theirs\n' });
    const pushed = async (of: string, ends: string) => {
      const prepared = await asAdmin('POST', `/batches/${of}/push`);
      expect(prepared.status, prepared.text).toBe(200);
      const places = prepared.body.places as { push: string }[];
      const push = String(places[0]?.push);
      await until(pool, push, 'awaiting_review');
      const seen = await changes(push, 1);
      const then = server.git('rev-parse', 'main');
      await approve(pool, push);
      expect(server.git('rev-parse', 'main')).toBe(then);
      await until(pool, push, ends);
      const { datasetId } = (await asAdmin('GET', `/batches/${push}`)).body;
      const { items } = (await asAdmin('GET', `/datasets/${datasetId}/items`)).body as {
        items: { fields: { left_out: string } }[];
      };
      return { seen, places, told: items.map(({ fields }) => fields.left_out) };
    };
    const left = [{ why: 'the file was changed since it was read', count: 1, first: 'a.md' }];
    expect(await pushed(batch, 'done')).toEqual({
      seen: expect.objectContaining({
        ...{ approved: false, sum: { ...sum, files: 2, removed: 1 } },
        files: [expect.objectContaining({ ordinal: 1, path: 'c/d.md', added: 1 }), expect.objectContaining({ path: 'e.tmp' })],
      }),
      places: [{ connection: 'repo', branch: 'main', items: 2, left, push: expect.any(String) }],
      told: ['1: the file was changed since it was read (a.md)'],
    });
    expect(server.files()).toEqual({ 'a.md': 'theirs\n', 'b.md': 'Licence: MIT\ntwo\n', 'c/d.md': 'Licence: MIT\nthree\n' });
    expect((await asAdmin('GET', `/batches/${batch}/push`)).body).toEqual({ waiting: 1, sent: 2 });

    const undone = await asAdmin('POST', `/batches/${batch}/undo`);
    expect(undone.status, undone.text).toBe(200);
    const undo = String(undone.body.id);
    await until(pool, undo, 'awaiting_review');
    // What was pushed is put back, and its text is in the copy of the repository alone; what is withdrawn changes no file.
    expect((await changes(undo, 2)).files).toMatchObject([
      { path: 'c/d.md', removed: 1 },
      { path: 'e.tmp', kind: 'new' },
    ]);
    expect((await changes(undo, 1)).sum).toEqual({ ...sum, files: 0, added: 0 });
    await approve(pool, undo);
    await until(pool, undo, 'done');
    expect((await asAdmin('GET', `/batches/${batch}/push`)).body).toEqual({ waiting: 0, sent: 2 });
    await pushed(undo, 'done');
    expect(server.files()).toEqual({ 'a.md': 'theirs\n', 'b.md': 'Licence: MIT\ntwo\n', 'c/d.md': 'three\n', 'e.tmp': '' });
  });

  test('with many files is looked at page by page, as a push of them is', async () => {
    const names = Array.from({ length: 103 }, (_, at) => `f${String(at).padStart(3, '0')}.md`);
    const server = await gitServer(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
    const made = await asAdmin('POST', '/connections', {
      ...{ name: 'many', connector: 'git', address: server.address, auth: { kind: 'basic', username: USER } },
      secrets: { password: PASSWORD },
    });
    const { id: datasetId } = (await asAdmin('POST', `/connections/${made.body.id}/dataset`, { place: 'main' })).body;
    const plan = JSON.parse(JSON.stringify({ ...PLAN, chunking: { by: 'size', maxItems: 200 } }).replaceAll('"repo"', '"many"'));
    const started = await asAdmin('POST', '/batches', { datasetId, name: 'Many', plan, start: true });
    expect(started.status, started.text).toBe(201);
    const batch = String(started.body.id);
    await until(pool, batch, 'awaiting_review');
    const walked = async (of: string) => {
      const first = (await asAdmin('GET', `/batches/${of}/chunks/1/changes`)).body as unknown as ChunkChanges;
      const second = (await asAdmin('GET', `/batches/${of}/chunks/1/changes?after=${first.next}`))
        .body as unknown as ChunkChanges;
      expect([first.sum?.files, first.sum?.added, first.files.length, second.sum, second.next]).toEqual([
        103,
        103,
        100,
        null,
        null,
      ]);
      return [...first.files, ...second.files].map(({ path }) => path);
    };
    expect(await walked(batch)).toEqual(names);
    expect((await asAdmin('GET', `/batches/${batch}/chunks/1/changes?after=x`)).status).toBe(400);
    await approve(pool, batch);
    await until(pool, batch, 'done');
    expect(await walked(batch)).toEqual(names);
    const [place] = (await asAdmin('POST', `/batches/${batch}/push`)).body.places as { push: string }[];
    await until(pool, String(place?.push), 'awaiting_review');
    expect(await walked(String(place?.push))).toEqual(names);
  });
});
