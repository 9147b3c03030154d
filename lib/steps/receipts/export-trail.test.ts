import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { verifyTrail } from '#lib/trail/verify/checks.mjs';
import { hashing, inflate } from '#lib/trail/verify/node.mjs';
import { inWords } from '#lib/trail/verify/words.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { exportTrail } from './export-trail.ts';

const { pool } = await testDatabase();
const BO: Actor = { id: `user:${randomUUID()}`, role: 'reviewer', name: 'Bo', via: 'page' };
const ADA: Actor = { id: `user:${randomUUID()}`, role: 'auditor', name: 'Ada', via: 'page' };

const item = (subject: string, more: Partial<SeedItem> = {}): SeedItem => ({
  fields: { date: '2020-11-03', from: 'deals@shop.x', subject },
  category: 'noise',
  receipts: ['intent', 'outcome:succeeded'],
  ...more,
});

async function download(actor: Actor, batchId: string) {
  const { fileName, body } = await exportTrail(actor, { batchId });
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const file = { size: bytes.length, read: async (offset: number, length: number) => bytes.subarray(offset, offset + length) };
  const trail = await openZip(file, inflate);
  return { fileName, bytes, trail, report: await verifyTrail(trail, hashing) };
}

let batchId: string;
beforeAll(async () => {
  const seeded = await seedBatch(pool, {
    name: 'Mail 2026',
    plan: { receiptFields: ['date', 'from', 'subject'] },
    state: 'finished',
    chunks: [
      {
        state: 'done',
        items: [
          item('Weekly deals'),
          item('line\nbreaks "quoted" \\ 🎉'),
          item('broken', { receipts: ['intent', 'outcome:failed', 'intent', 'outcome:succeeded'] }),
          item('who knows', { receipts: ['intent', 'outcome:uncertain', 'resolution:succeeded'] }),
          item('kept', { category: 'keep', receipts: [] }),
          item('skipped', { receipts: ['outcome:skipped'] }),
        ],
      },
      { state: 'closed', items: [item('later', { receipts: [] })] },
      { state: 'done', items: [item('another')] },
    ],
  });
  batchId = seeded.batchId;
});

describe('a trail', () => {
  test('of a finished batch holds', async () => {
    const { fileName, report } = await download(BO, batchId);
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('holds');
    expect(fileName).toBe('Mail-2026-trail.zip');
    expect(report.facts).toMatchObject({ chunks: 3, receipts: 16 });
    expect(inWords(report).headline).toBe(
      'The trail of “Mail 2026” holds. 16 receipts of 3 chunks are what was written, in the order in which it was written.',
    );
  });
});
