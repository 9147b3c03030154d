import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { exportScratchpad } from './export-scratchpad.ts';
import { scratchpadOf } from './read-scratchpad.ts';

const { pool } = await testDatabase();
const BO: Actor = { id: `user:${randomUUID()}`, role: 'reviewer', name: 'Bo', via: 'page' };

const item = (subject: string, category?: string): SeedItem => ({
  fields: { date: '2020', from: 'a@x.y', subject },
  ...(category ? { category } : {}),
  why: 'rule 1',
});

const PLAN: Partial<PlanInput> = {
  classifier: { kind: 'rules', rules: [], otherwise: 'skip' },
  categories: [{ name: 'task' }, { name: 'fyi' }, { name: 'skip' }],
};

const batchOf = () =>
  seedBatch(pool, {
    name: 'Mail 2026',
    plan: PLAN,
    chunks: [
      {
        name: 'March',
        state: 'awaiting_review',
        items: [
          ...Array.from({ length: 40 }, () => item('x', 'fyi')),
          ...Array.from({ length: 3 }, () => item('y', 'task')),
          ...Array.from({ length: 7 }, () => item('z\n# forged', 'skip')),
        ],
      },
      { state: 'classifying', items: [item('begun', 'task'), item('not yet')] },
      { state: 'queued', items: [item('later')] },
    ],
  });

async function bytes(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

/** The entries by the zip's own directory. */
function entries(zip: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  let at = zip.readUInt32LE(zip.lastIndexOf(Buffer.from('PK\x05\x06')) + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [method, size, nameLength, extra, comment, local] = [
      ...[zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30)],
      ...[zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)],
    ] as [number, number, number, number, number, number];
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(start, start + size);
    found.set(zip.toString('utf8', at + 46, at + 46 + nameLength), (method === 8 ? inflateRawSync(data) : data).toString('utf8'));
    at += 46 + nameLength + extra + comment;
  }
  return found;
}

test('two files for every chunk that was begun', async () => {
  const { batchId } = await batchOf();
  const download = await exportScratchpad(BO, { batchId });
  expect(download.fileName).toBe('Mail-2026-scratchpad.zip');
  const zip = await bytes(download.body);
  const files = entries(zip);
  expect([...files.keys()]).toEqual([
    'chunk-01-summary.json',
    'chunk-01-details.md',
    'chunk-02-summary.json',
    'chunk-02-details.md',
  ]);
  expect(files.get('chunk-01-summary.json')).toBe('{"processed": 50, "categories": {"task": 3, "fyi": 40, "skip": 7}}\n');
  const details = files.get('chunk-01-details.md') ?? '';
  expect(details.match(/^## Item /gm)).toHaveLength(50);
  expect(details).toContain(
    '## Item 50 · 2020 | a@x.y | z \\# forged\n\n- Category: skip\n- Why: rule 1\n- Confidence: 0.9, by rules\n',
  );
  expect(files.get('chunk-02-details.md')).toContain('1 of 2 items are classified.');

  const folder = mkdtempSync(join(tmpdir(), 'scratchpad-'));
  try {
    writeFileSync(join(folder, 'a.zip'), zip);
    // Node has no unzip of its own: where the machine has one, it has to agree.
    const listed = execFileSync(
      'sh',
      ['-c', `command -v unzip >/dev/null && unzip -tq "${join(folder, 'a.zip')}" || echo "no unzip"`],
      { encoding: 'utf8' },
    );
    expect(listed).toMatch(/No errors detected|no unzip/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('nothing classified yet is an empty zip; a batch that is not there is refused', async () => {
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'queued', items: [item('x')] }] });
  expect(entries(await bytes((await exportScratchpad(BO, { batchId })).body)).size).toBe(0);
  await expect(exportScratchpad(BO, { batchId: randomUUID() })).rejects.toMatchObject({ code: 'not_found' });
  await expect(exportScratchpad({ ...BO, role: 'auditor' }, { batchId })).rejects.toMatchObject({ code: 'forbidden' });
});

test('a reader who goes away half way leaves nothing running', async () => {
  const { batchId } = await batchOf();
  for await (const _ of (await exportScratchpad(BO, { batchId })).body) break;
  // What was being read is read to its end.
  await expect.poll(() => pool.waitingCount + pool.totalCount - pool.idleCount).toBe(0);
});

test('one chunk is kept current as classifications come', async () => {
  const { batchId, chunks } = await batchOf();
  expect((await second(batchId)).summary).toEqual({ processed: 1, categories: { task: 1 } });
  await pool.query(
    `INSERT INTO classification (batch_id, ordinal, chunk_id, category, why, confidence, "by", revision) VALUES ($1, 52, $2, 'fyi', 'now', 1, 'rules', 1)`,
    [batchId, chunks[1]?.id],
  );
  const now = await second(batchId);
  expect(now.summary).toEqual({ processed: 2, categories: { task: 1, fyi: 1 } });
  let details = '';
  for await (const part of now.details) details += part;
  expect(details).toContain('## Item 52');
});

async function second(batchId: string) {
  const batch = await readBatchFacts(pool, batchId);
  const [chunk] = await readChunksNow(pool, batchId, { number: 2 });
  return scratchpadOf(batch!, chunk!);
}
