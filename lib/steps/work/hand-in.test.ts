/** Agents commit in checkouts of their own and hand in: what is kept, what is refused, and that the remote gets exactly what a person approved of it. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { testDatabase } from '#test/database.ts';
import { approve, asAdmin, until } from '#test/fixtures/connected.ts';
import { checkout } from '#test/fixtures/git-checkout.ts';
import { type GitServer, gitMissing, gitServer, PASSWORD, USER } from '#test/fixtures/git-server.ts';
import { ADA } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { claimWork } from './claim-work.ts';
import { completeWork } from './complete-work.ts';
import { handIn } from './hand-in.ts';
import { reportWork } from './report-work.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';
afterAll(stopRinging);

const agent = (): Actor => ({
  id: `agent:${randomUUID()}`,
  role: 'agent',
  scopes: ['work'],
  name: 'One (key of Ada)',
  via: 'api',
  owner: randomUUID(),
});

const PLAN = {
  version: 2,
  classifier: { kind: 'agent', otherwise: 'keep' },
  instruction: 'Mend what is wrong in each file.',
  categories: [
    { name: 'mend', action: { connector: 'git', connection: 'repo', do: 'apply' } },
    { name: 'keep', action: null },
  ],
  chunking: { by: 'size', maxItems: 3 },
  gates: { next: 'parallel' },
  execution: { first: 0 },
  receiptFields: ['path'],
};

const FILES = { 'a.md': 'one\n', 'b.md': 'two\n', 'c.md': 'three\n', 'd.md': 'four\n', 'e/f.md': 'five\n', 'g.md': 'six\n' };

describe.skipIf(gitMissing !== null)('commits of agents', () => {
  let server: GitServer;
  beforeAll(async () => {
    server = await gitServer({ ...FILES, 'a.md': 'zero\n' });
    server.commit({ 'a.md': 'one\n' });
    const made = await asAdmin('POST', '/connections', {
      ...{ name: 'repo', connector: 'git', address: server.address, auth: { kind: 'basic', username: USER } },
      secrets: { password: PASSWORD },
    });
    expect(made.status, made.text).toBe(201);
    connection = String(made.body.id);
  });
  let connection: string;

  async function batchOf(): Promise<string> {
    const collected = await asAdmin('POST', `/connections/${connection}/dataset`, { place: 'main' });
    expect(collected.status, collected.text).toBe(201);
    const started = await asAdmin('POST', '/batches', { datasetId: collected.body.id, name: 'Mend', plan: PLAN, start: true });
    expect(started.status, started.text).toBe(201);
    return String(started.body.id);
  }

  async function claimed(batchId: string, by: Actor) {
    const { claimed: found, why } = await claimWork(by, { batchId, asked: { worker: 'w' } });
    if (!found) throw new Error(why);
    const { chunk, epoch, commits } = found;
    if (!commits) throw new Error('The claim names no repository.');
    const own = { batchId, chunk: chunk.number, epoch };
    return {
      ...{ by, own, commits, at: checkout(server, commits.commit), base: commits.commit },
      of: (item: number) => ({ batch: batchId, chunk: chunk.number, item }),
      give: (bundle: Buffer) => handIn(by, own, Readable.from([bundle])),
      report: (items: number[], category = 'mend') =>
        reportWork(by, {
          batchId,
          chunk: chunk.number,
          report: { epoch, items: items.map((ordinal) => ({ ordinal, category, why: 'Wrong.' })) },
        }),
      complete: (unsure?: string) =>
        completeWork(by, { batchId, chunk: chunk.number, completed: { epoch, ...(unsure ? { unsure } : {}) } }),
    };
  }

  test('are looked at and approved like any change, and the remote gets exactly those', async () => {
    const batchId = await batchOf();
    const [one, two] = [await claimed(batchId, agent()), await claimed(batchId, agent())];
    expect(one.commits).toEqual({
      ...{
        categories: ['mend'],
        connection: 'repo',
        address: server.address,
        branch: 'main',
        commit: server.git('rev-parse', 'main'),
      },
      lines: [`Countersign-Batch: ${batchId}`, 'Countersign-Chunk: 1', 'Countersign-Item: ITEM'],
    });
    one.at.commit({ 'a.md': 'ONE\n' }, one.of(1), 'Shout\n\nBecause it was low.');
    one.at.commit({ 'b.md': null, 'new/b.md': 'two, moved\n' }, one.of(2), 'Move it');
    await one.report([1, 2, 3]);
    await expect(one.complete()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('no commit was handed in: 1, 2, 3'),
    });
    const bundle = one.at.bundle(`${one.base}..HEAD`);
    const kept = { commits: 2, written: 1, moved: 1, removed: 0, unchanged: 0 };
    expect(await one.give(bundle)).toMatchObject({ ...kept, already: false });
    expect(await one.give(bundle)).toMatchObject({ ...kept, already: true });
    // A file of the other chunk, and the other agent's key.
    const theirs = one.at.commit({ 'd.md': 'mine\n' }, one.of(3));
    await expect(one.give(one.at.bundle(`${one.base}..HEAD`))).rejects.toMatchObject({
      message: `Commit ${theirs}, of item 3, touches d.md, which is not the file of this item. Nothing of it was kept.`,
    });
    await expect(handIn(two.by, one.own, Readable.from([bundle]))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('claimed with another key'),
    });
    await one.complete('Item 3 is beyond me.');

    // Of two commits for one item the last state counts; and handing in again replaces.
    two.at.commit({ 'd.md': 'first\n' }, two.of(4));
    two.at.commit({ 'e/f.md': null }, two.of(5));
    two.at.commit({ 'd.md': 'FOUR\n' }, two.of(4), 'Again');
    expect(await two.give(two.at.bundle(`${two.base}..HEAD`))).toMatchObject({ commits: 3, written: 1, removed: 1 });
    two.at.git('checkout', '-q', '--detach', two.base);
    two.at.commit({ 'e/f.md': 'FIVE\n' }, two.of(5), 'Rather write it');
    two.at.commit({ 'g.md': 'SIX\n' }, two.of(6));
    expect(await two.give(two.at.bundle(`${two.base}..HEAD`))).toMatchObject({ written: 2, removed: 0 });
    await two.report([4, 5, 6]);
    await two.complete();

    // What nobody handed in blocks the approval, with its row.
    const blocked = await readCheckpoint(ADA, { batchId, chunk: 1 });
    expect(blocked?.problems).toEqual([{ ordinal: 3, category: 'mend', message: 'Item 3: no agent handed in a commit of it.' }]);
    await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 3, category: 'keep' }] });
    // A correction away leaves what was handed in unused.
    await correct(ADA, { batchId, chunk: 2, corrections: [{ ordinal: 6, category: 'keep' }] });
    const { sum, files } = (await asAdmin('GET', `/batches/${batchId}/chunks/1/changes`)).body as Record<string, unknown>;
    expect(sum).toMatchObject({ files: 2, moved: 1, added: 2, gone: 2 });
    expect(files).toMatchObject([
      { ordinal: 1, path: 'a.md', hunks: [{ lines: ['-one', '+ONE'] }] },
      { ordinal: 2, path: 'new/b.md', from: 'b.md', kind: 'moved', hunks: [{ lines: ['-two', '+two, moved'] }] },
    ]);
    const before = server.git('rev-parse', 'main');
    await approve(pool, batchId);
    await until(pool, batchId, 'done');
    expect(server.git('rev-parse', 'main')).toBe(before);

    await pushed(batchId);
    expect(server.files()).toEqual({
      'a.md': 'ONE\n',
      'new/b.md': 'two, moved\n',
      'c.md': 'three\n',
      'd.md': 'FOUR\n',
      'e/f.md': 'FIVE\n',
      'g.md': 'six\n',
    });
    const messages = server
      .git('log', '--reverse', '--format=%B%x00', `${before}..main`)
      .split('\0')
      .map((text) => text.trim())
      .filter(Boolean);
    expect(messages.map((text) => text.split('\n\nCountersign-Batch')[0])).toEqual([
      'Shout\n\nBecause it was low.',
      'Move it',
      'Change\n\nAgain',
      'Rather write it',
    ]);
    expect(messages[0]).toMatch(
      new RegExp(`\n\nCountersign-Batch: ${batchId}\nCountersign-Chunk: 1\nCountersign-Item: 1\nCountersign-Key: [0-9a-f]{32}$`),
    );

    const undone = await asAdmin('POST', `/batches/${batchId}/undo`);
    const undo = String(undone.body.id);
    await until(pool, undo, 'awaiting_review');
    await approve(pool, undo);
    await until(pool, undo, 'done');
    await pushed(undo);
    expect(server.files()).toEqual(FILES);
  });

  async function pushed(of: string): Promise<void> {
    const prepared = await asAdmin('POST', `/batches/${of}/push`);
    expect(prepared.status, prepared.text).toBe(200);
    const push = String((prepared.body.places as { push: string }[])[0]?.push);
    await until(pool, push, 'awaiting_review');
    await approve(pool, push);
    await until(pool, push, 'done');
  }

  test('are wanted of agents alone, and for one repository', async () => {
    const collected = await asAdmin('POST', `/connections/${connection}/dataset`, { place: 'main' });
    const refusal = async (plan: object) =>
      (await asAdmin('POST', '/batches', { datasetId: collected.body.id, name: 'Mend', plan: { ...PLAN, ...plan } })).body
        .problems;
    expect(await refusal({ classifier: { kind: 'rules', rules: [], otherwise: 'keep' } })).toEqual([
      { path: 'categories.0.action.do', message: expect.stringMatching(/^Only agents hand in/) },
    ]);
    const other = { name: 'elsewhere', action: { connector: 'git', connection: 'repo', do: 'apply', with: { branch: 'other' } } };
    expect(await refusal({ categories: [...PLAN.categories, other] })).toEqual([
      { path: 'categories.2.action', message: expect.stringMatching(/^Agents are told one place/) },
    ]);
  });

  test('are kept with what was reported, and dropped with the claim or the classification', async () => {
    const batchId = await batchOf();
    const one = await claimed(batchId, agent());
    for (const [item, path] of [
      [1, 'a.md'],
      [2, 'b.md'],
    ] as const)
      one.at.commit({ [path]: 'mine\n' }, one.of(item));
    await one.give(one.at.bundle(`${one.base}..HEAD`));
    await one.report([1]);
    const left = async () =>
      (await pool.query('SELECT ordinal FROM handed_change WHERE batch_id = $1 ORDER BY 1', [batchId])).rows.map(
        ({ ordinal }) => ordinal,
      );
    expect(await left()).toEqual([1, 2]);
    await pool.query(`UPDATE chunk SET lease_until = now() - interval '1 second' WHERE batch_id = $1`, [batchId]);
    const two = await claimed(batchId, agent());
    expect(two.own).toEqual({ ...one.own, epoch: 2 });
    expect(await left()).toEqual([1]);
    await expect(one.give(one.at.bundle(`${one.base}..HEAD`))).rejects.toMatchObject({ code: 'conflict' });
    await two.report([2, 3], 'keep');
    await two.complete();
    const seen = await readCheckpoint(ADA, { batchId, chunk: 1 });
    // What is classified anew is committed anew.
    await decide(ADA, { batchId, chunks: [{ number: 1, digest: seen?.digest ?? '' }], sendBack: true, note: 'Do it anew.' });
    expect(await left()).toEqual([]);
  });

  test('that are not what they should be are refused, each with its reason, and nothing is kept', async () => {
    const batchId = await batchOf();
    const one = await claimed(batchId, agent());
    const blob = one.at.git('rev-parse', 'HEAD:a.md');
    const tree = () => `${one.at.git('ls-tree', 'HEAD')}\n`;
    const nested = (name: string, inside: string): string => {
      const inner = one.at.tree(`100644 blob ${blob}\t${inside}\n`);
      return `${tree()}040000 tree ${inner}\t${name}\n`;
    };
    const at = (make: () => string): { id: string; bundle: Buffer } => {
      one.at.git('checkout', '-q', '-f', '--detach', one.base);
      const id = make();
      return { id, bundle: one.at.bundle(`${one.base}..HEAD`) };
    };
    const commit = (files: Record<string, string | Buffer | null>, item = 1) => at(() => one.at.commit(files, one.of(item)));
    const good = commit({ 'a.md': 'ONE\n' });
    const merge = at(() => {
      const left = one.at.commit({ 'a.md': 'left\n' }, one.of(1));
      one.at.git('checkout', '-q', '--detach', one.base);
      one.at.commit({ 'b.md': 'right\n' }, one.of(2));
      one.at.git('merge', '-q', '-m', 'Merge', left);
      return one.at.git('rev-parse', 'HEAD');
    });
    one.at.git('checkout', '-q', '-f', '--detach', `${one.base}~1`);
    one.at.commit({ 'a.md': 'x\n' }, one.of(1));
    const elsewhere = one.at.bundle(`${one.base}~1..HEAD`);
    one.at.commit({ 'a.md': 'y\n' }, one.of(1));
    // Of what a program takes of memory there is less than of what it could unpack.
    const bomb = atSize(null, () => commit({ 'a.md': Buffer.alloc(80 * 1024 ** 2) }).bundle)?.();
    one.at.git('checkout', '-q', '-f', '--detach', one.base);
    one.at.commit({ 'a.md': 'x\n' }, one.of(1));
    one.at.commit({ 'a.md': 'y\n' }, one.of(1));
    const cut = one.at.bundle('HEAD~1..HEAD');
    const hostile: [string, Buffer, RegExp][] = [
      [
        '.GIT/config',
        at(() => one.at.commitTree(nested('.GIT', 'config'), one.of(1))).bundle,
        /Git does not take the bundle: .*hasDotgit/,
      ],
      ['a/../b', at(() => one.at.commitTree(nested('..', 'b'), one.of(1))).bundle, /Git does not take the bundle: .*hasDotdot/],
      [
        'git~1',
        at(() => one.at.commitTree(nested('git~1', 'b'), one.of(1))).bundle,
        /hasDotgit|folder that a repository keeps itself in/,
      ],
      [
        'a symlink',
        at(() => one.at.commitTree(tree().replace(`100644 blob ${blob}`, `120000 blob ${blob}`), one.of(1))).bundle,
        /makes a\.md a symbolic link/,
      ],
      [
        'a submodule',
        at(() => one.at.commitTree(`${tree()}160000 commit ${one.base}\tsub\n`, one.of(1))).bundle,
        /makes sub a submodule/,
      ],
      [
        'a mode',
        at(() => one.at.commitTree(tree().replace(`100644 blob ${blob}`, `100755 blob ${blob}`), one.of(1))).bundle,
        /changes the mode of a\.md from 100644 to 100755/,
      ],
      ['a merge', merge.bundle, /is a merge/],
      ['what it stands on', cut, /stands on commit [0-9a-f]{40}, which branch main of repo does not have/],
      ['cut off', good.bundle.subarray(0, good.bundle.length - 30), /Git does not take the bundle/],
      ['nothing', Buffer.alloc(0), /no bundle/],
      ...(bomb
        ? [['a small bundle of a large file', bomb, /it unpacks to more than is taken of one/] as [string, Buffer, RegExp]]
        : []),
      ['a file of 2 MiB', commit({ 'a.md': 'x'.repeat(2 * 1024 ** 2) }).bundle, /leaves a file of 2097152 bytes/],
      ['no UTF-8', commit({ 'a.md': Buffer.from([0x61, 0xff, 0x0a]) }).bundle, /is not UTF-8/],
      [
        'another batch',
        at(() => one.at.commit({ 'a.md': 'x\n' }, { ...one.of(1), batch: randomUUID() })).bundle,
        /is of another batch/,
      ],
      ['another chunk', at(() => one.at.commit({ 'a.md': 'x\n' }, { ...one.of(1), chunk: 2 })).bundle, /is of another chunk: 2/],
      ['an item of another chunk', commit({ 'd.md': 'x\n' }, 4).bundle, /names item 4, which is not in chunk 1/],
      ['the file of another item', commit({ 'b.md': 'x\n' }, 1).bundle, /touches b\.md, which is not the file of this item/],
      [
        'two items',
        at(() => one.at.commit({ 'a.md': 'x\n' }, one.of(1), 'X\n\nCountersign-Item: 2')).bundle,
        /names more than one item/,
      ],
      [
        'no item',
        at(() => {
          one.at.commit({ 'a.md': 'x\n' }, one.of(1));
          one.at.git('commit', '-q', '--amend', '-m', 'Bare');
          return '';
        }).bundle,
        /has no line “Countersign-Batch/,
      ],
      [
        'two paths',
        at(() => one.at.commit({ 'copy.md': 'one\n' }, one.of(1))).bundle,
        /leave item 1 at 2 paths: a\.md, copy\.md/,
      ],
      [
        'somebody else’s path',
        at(() => {
          one.at.commit({ 'a.md': null, 'x.md': 'one\n' }, one.of(1));
          return one.at.commit({ 'x.md': null, 'b.md': null }, one.of(2));
        }).bundle,
        /touches x\.md, which is not the file of this item/,
      ],
      ['another base', elsewhere, /does not stand on [0-9a-f]{40}, the commit that the items were read at/],
    ];
    for (const [what, bundle, why] of hostile)
      await expect(one.give(bundle), what).rejects.toMatchObject({ code: 'invalid', message: expect.stringMatching(why) });
    const large = Readable.from(
      (function* () {
        for (let at = 0; at < 33; at += 1) yield Buffer.alloc(1024 ** 2, 1);
      })(),
    );
    await expect(handIn(one.by, one.own, large)).rejects.toMatchObject({ code: 'too_large' });
    const { rows } = await pool.query(
      'SELECT (SELECT count(*) FROM handed_change WHERE batch_id = $1)::int AS changes, (SELECT count(*) FROM hand_in h JOIN chunk c ON c.id = h.chunk_id WHERE c.batch_id = $1)::int AS bundles',
      [batchId],
    );
    expect(rows).toEqual([{ changes: 0, bundles: 0 }]);
    expect(await one.give(good.bundle)).toMatchObject({ written: 1 });
    // Commits that come to nothing take back what was handed in.
    const back = at(() => {
      one.at.commit({ 'a.md': 'x\n' }, one.of(1));
      return one.at.commit({ 'a.md': 'one\n' }, one.of(1));
    });
    expect(await one.give(back.bundle)).toMatchObject({ written: 0, unchanged: 1 });
  });
});
