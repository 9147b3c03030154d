/** What agents append: a note before an approval and an attestation after it, once, by who classified, and in no sum. A trail with attestations verifies, and says when one lies. */
import { createHash, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { canonicalBytes, type Json, leafHash } from '#lib/ledger/canonical.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { exportTrail } from '#lib/steps/receipts/export-trail.ts';
import { foldOnward } from '#lib/store/receipts/sum.sql.ts';
import { verifyTrail } from '#lib/trail/verify/checks.mjs';
import { hashing, inflate } from '#lib/trail/verify/node.mjs';
import { inWords } from '#lib/trail/verify/words.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { agentBatch } from '#test/fixtures/agent-batch.ts';
import { ADA, workUntil } from '#test/fixtures/started-batch.ts';
import { appendWork } from './append-work.ts';
import { claimWork } from './claim-work.ts';
import { completeWork } from './complete-work.ts';
import { reportWork } from './report-work.ts';

const { pool } = await testDatabase();

const agent = (): Actor => ({
  ...{ id: `agent:${randomUUID()}`, role: 'agent' as const, scopes: ['work'] as const, name: 'One (key of Ada)' },
  ...{ via: 'api' as const, owner: randomUUID() },
});
const ONE = agent();

/** One chunk of three items, classified and at its review. */
async function classified(by = ONE): Promise<string> {
  const { batchId } = await agentBatch(3);
  await claimWork(by, { batchId, asked: { worker: 'w' } });
  const items = [1, 2, 3].map((ordinal) => ({ ordinal, category: 'noise', why: 'A newsletter.' }));
  await reportWork(by, { batchId, chunk: 1, report: { epoch: 1, items } });
  await completeWork(by, { batchId, chunk: 1, completed: { epoch: 1 } });
  return batchId;
}

async function decided(batchId: string, answers: { execute?: true; close?: true }): Promise<void> {
  const { digest } = (await readCheckpoint(ADA, { batchId, chunk: 1 })) ?? { digest: null };
  const chunks = [{ number: 1, digest: digest ?? '' }];
  await decide(ADA, {
    batchId,
    chunks,
    next: false,
    execute: false,
    ...answers,
    ...(answers.execute ? { override: 'Seen.' } : {}),
  });
}

const say = (batchId: string, text: string, more: { item?: number; key?: string } = {}, by = ONE) =>
  appendWork(by, { batchId, chunk: 1, append: { text, ...more } });

type Files = Map<string, Uint8Array>;

async function trailOf(batchId: string): Promise<Files> {
  const parts: Uint8Array[] = [];
  for await (const part of (await exportTrail(ADA, { batchId })).body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const { names, read } = await openZip(
    { size: bytes.length, read: async (at: number, length: number) => bytes.subarray(at, at + length) },
    inflate,
  );
  const files: Files = new Map();
  for (const name of names) {
    const own: Uint8Array[] = [];
    for await (const part of read(name)) own.push(part as Uint8Array);
    files.set(name, Buffer.concat(own));
  }
  return files;
}

const verify = (files: Files) =>
  verifyTrail(
    {
      names: [...files.keys()],
      async *read(name: string) {
        yield files.get(name) as Uint8Array;
      },
    },
    hashing,
  );

test('a line is a note before the approval, and an attestation after it, whoever executes; sent again it is there once', async () => {
  const batchId = await classified();
  expect(await say(batchId, 'All newsletters.')).toMatchObject({ recorded: true, as: 'note', receipt: null, lines: 1 });
  expect(await say(batchId, 'All newsletters.')).toMatchObject({ recorded: false, already: true, lines: 1 });
  const { rows: before } = await pool.query('SELECT seq FROM chunk WHERE batch_id = $1', [batchId]);
  expect(before).toEqual([{ seq: 0 }]);
  await decided(batchId, { execute: true });
  const first = await say(batchId, 'Archived: Mail 1', { item: 1 });
  expect(first).toMatchObject({
    as: 'attestation',
    receipt: '1-2',
    last: ['Note: All newsletters.', 'Attested (item 1): Archived: Mail 1'],
  });
  // The worker that executes raises the epoch: the line that is sent again is the same all the same.
  await workUntil(pool, async () => (await readBatch(ADA, { batchId }))?.state === 'finished');
  expect(await say(batchId, 'Archived: Mail 1', { item: 1 })).toMatchObject({ already: true, receipt: '1-2' });
  expect(await say(batchId, 'Archived: Mail 2', { item: 2, key: 'two' })).toMatchObject({ recorded: true });
  await expect(say(batchId, 'Archived: another', { item: 2, key: 'two' })).rejects.toMatchObject({ code: 'conflict' });
  const two = await Promise.all([say(batchId, 'Archived: Mail 3', { item: 3 }), say(batchId, 'Archived: Mail 3', { item: 3 })]);
  expect(two.map(({ recorded }) => recorded).sort()).toEqual([false, true]);

  const batch = await readBatch(ADA, { batchId });
  expect(batch?.sum).toMatchObject({ approved: 3, done: 3, addsUp: true, difference: 0 });
  const { rows } = await pool.query<{ kind: string; n: number }>(
    'SELECT kind, count(*)::int AS n FROM receipt WHERE batch_id = $1 AND chunk = 1 GROUP BY kind ORDER BY kind',
    [batchId],
  );
  expect(rows).toEqual([
    { kind: 'attestation', n: 3 },
    { kind: 'decision', n: 1 },
    { kind: 'intent', n: 3 },
    { kind: 'outcome', n: 3 },
  ]);
  const fold = await foldOnward(pool, batchId, [{ chunk: 1, above: 0, upTo: 10, before: { states: {}, receipts: 0 } }]);
  expect(fold.get(1)).toMatchObject({ receipts: 10, states: { succeeded: 3 } });
});

test('who classified nothing of a chunk, an item of another one, and a chunk that was closed take no line', async () => {
  const batchId = await classified();
  await expect(say(batchId, 'I did it.', {}, agent())).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('chunk 1'),
  });
  await expect(say(batchId, 'Archived.', { item: 4 })).rejects.toMatchObject({ code: 'invalid' });
  await say(batchId, 'Newsletters.');
  await decided(batchId, { close: true });
  expect(await say(batchId, 'Newsletters.')).toMatchObject({ already: true, as: 'note' });
  await expect(say(batchId, 'Archived.')).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('closed') });
});

test('exports tell attestations apart, and a trail with them verifies, and names one that lies', async () => {
  const batchId = await classified();
  await decided(batchId, { execute: true });
  await workUntil(pool, async () => (await readBatch(ADA, { batchId }))?.state === 'finished');
  await say(batchId, 'Archived: Mail 1', { item: 1 });
  const text = async (format: 'jsonl' | 'csv' | 'md') => {
    const parts: Uint8Array[] = [];
    for await (const part of (await exportReceipts(ADA, { batchId, format })).body) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  };
  expect(await text('md')).toContain('Beside these, 1 attestation of agents');
  expect(await text('md')).toMatch(/attested by .*item 1.*Archived: Mail 1/);
  expect(await text('csv')).toMatch(/,attestation,/);
  expect(JSON.parse((await text('jsonl')).trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    attestations: 1,
    sum: { done: 3 },
  });

  const files = await trailOf(batchId);
  const report = await verify(files);
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ verdict: 'holds', facts: { sum: { approved: 3, done: 3 }, counted: { attestations: 1 } } });
  expect(inWords(report).facts.join('\n')).toContain('1 attestation of agents');

  for (const [change, says] of [
    [{ by: ADA.id }, 'no agent'],
    [{ item: 9 }, 'item 9'],
  ] as const) {
    const forged = withAttestation(files, change);
    const found = await verify(forged);
    expect(found.verdict).toBe('altered');
    expect(found.findings.map((one: { says: string }) => one.says).join('\n')).toContain(says);
    // Whatever it says, nothing is done by it.
    expect(found.facts).toMatchObject({ sum: { done: 3 } });
  }
});

/** The same trail with other members in its attestation, its hashes put right. */
function withAttestation(files: Files, change: object): Files {
  const lines = (name: string) =>
    Buffer.from(files.get(name) as Uint8Array)
      .toString('utf8')
      .trimEnd()
      .split('\n');
  const [receipts, leaves] = [lines('receipts.jsonl'), lines('leaves.jsonl')];
  const at = receipts.findIndex((line) => line.includes('"kind":"attestation"'));
  const body = canonicalBytes({ ...JSON.parse(receipts[at] ?? ''), ...change } as Json);
  receipts[at] = body.toString('utf8');
  leaves[at] = JSON.stringify({ ...JSON.parse(leaves[at] ?? ''), leaf: leafHash(body).toString('hex') });
  const altered = new Map(files)
    .set('receipts.jsonl', Buffer.from(`${receipts.join('\n')}\n`))
    .set('leaves.jsonl', Buffer.from(`${leaves.join('\n')}\n`));
  const names = [...altered.keys()].filter((name) => name !== 'SHA256SUMS');
  const sums = names.map(
    (name) =>
      `${createHash('sha256')
        .update(altered.get(name) as Uint8Array)
        .digest('hex')}  ${name}\n`,
  );
  return altered.set('SHA256SUMS', Buffer.from(sums.join('')));
}
