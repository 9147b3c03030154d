/** Two people at one checkpoint, whichever web process serves each of them. */
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { VISIT_GONE_MS } from '#lib/core/limits.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { streamHouse } from '#lib/steps/live/live-house.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { claim } from './claim.ts';
import { markItems } from './mark-items.ts';
import { readCompany } from './read-company.ts';

const { pool, ownerPool } = await testDatabase();
const person = (name: string): Actor => ({ id: `user:${randomUUID()}`, role: 'reviewer', name, via: 'page' });
const [ADA, BO] = [person('Ada'), person('Bo')];
beforeAll(async () => {
  for (const { id, name } of [ADA, BO])
    await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, $2, $3, 'reviewer')`, [
      ...[id.slice(5), name, `${name}@example.org`],
    ]);
});

const items: SeedItem[] = [1, 2, 3].map((number) => ({ fields: { subject: `mail ${number}` }, category: 'noise' }));
const seed = async () => ({
  batchId: (await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] })).batchId,
  chunk: 1,
});

/** Waits until what is read is so. */
async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const value = await read();
    if (holds(value) || tries > 600) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('who opens a checkpoint is there for the others until the page is left, and once, on however many pages', async () => {
  const of = await seed();
  const pages = [new AbortController(), new AbortController()];
  for (const { signal } of pages) {
    const events = await streamHouse(ADA, { chunk: { batchId: of.batchId, number: 1 }, signal });
    void events?.next();
  }
  const seen = async (who: Actor) => (await readCompany(who, of))?.here.map(({ name }) => name);
  expect(
    await until(
      () => seen(BO),
      (here) => here?.length === 1,
    ),
  ).toEqual(['Ada']);
  // Nobody is company to themselves.
  expect(await seen(ADA)).toEqual([]);
  const rows = async () => (await pool.query('SELECT FROM visit')).rowCount;
  expect(await until(rows, (count) => count === 2)).toBe(2);
  pages[0]?.abort();
  expect(await until(rows, (count) => count === 1)).toBe(1);
  expect(await seen(BO)).toEqual(['Ada']);
  pages[1]?.abort();
  expect(
    await until(
      () => seen(BO),
      (here) => here?.length === 0,
    ),
  ).toEqual([]);
});

test('whose process died is not there any more, and whoever leaves next takes its row away', async () => {
  const of = await seed();
  const { rows } = await pool.query('SELECT id FROM chunk WHERE batch_id = $1', [of.batchId]);
  const visit = (ago: number) =>
    ownerPool.query(
      `INSERT INTO visit (id, chunk_id, "by", seen_at) VALUES (gen_random_uuid(), $1, $2, clock_timestamp() - $3 * interval '1 millisecond')`,
      [rows[0].id, ADA.id, ago],
    );
  await visit(VISIT_GONE_MS + 1);
  await visit(11 * VISIT_GONE_MS);
  expect((await readCompany(BO, of))?.here).toEqual([]);
  const left = new AbortController();
  void (await streamHouse(BO, { chunk: { batchId: of.batchId, number: 1 }, signal: left.signal }))?.next();
  const visits = async () => (await pool.query('SELECT FROM visit')).rowCount;
  expect(await until(visits, (count) => count === 3)).toBe(3);
  left.abort();
  expect(await until(visits, (count) => count === 1)).toBe(1);
});

test('what another moved and marked since is told, what one did oneself is not moved by others', async () => {
  const of = await seed();
  const first = await readCompany(BO, { ...of, revision: 1 });
  expect(first).toMatchObject({ moved: [], marks: [], after: '0' });
  await correct(ADA, { ...of, corrections: [{ ordinal: 1, category: 'keep' }] });
  await correct(BO, { ...of, corrections: [{ ordinal: 2, category: 'keep' }] });
  await markItems(ADA, { ...of, reviews: [{ ordinal: 3, right: true }] });
  const then = await readCompany(BO, { ...of, revision: 1 });
  expect(then?.moved).toMatchObject([{ ordinal: 1, from: 'noise', to: 'keep', by: 'Ada' }]);
  expect(then?.marks.filter(({ ordinal }) => ordinal === 3)).toMatchObject([{ review: { verdict: 'right', by: 'Ada' } }]);
  await markItems(ADA, { ...of, reviews: [{ ordinal: 3, right: null }] });
  const last = await readCompany(BO, { ...of, revision: 3, after: then?.after });
  expect(last).toMatchObject({ moved: [], marks: [{ ordinal: 3, review: null }] });
  expect((await readCompany(BO, { ...of, after: last?.after }))?.marks).toEqual([]);
  await expect(readCompany(BO, { ...of, after: '-1' })).rejects.toMatchObject({ code: 'invalid' });
});

test('a claim is seen by all, goes to whoever claims it next, is handed back by whoever has it, and forbids nothing', async () => {
  const of = await seed();
  expect((await claim(ADA, { ...of, mine: true })).reviewer).toMatchObject({ name: 'Ada', you: true });
  const seen = (await readCompany(BO, of))?.reviewer;
  expect(seen).toMatchObject({ name: 'Ada', you: false });
  // Again is the same claim, and what is another's is not handed back.
  expect((await claim(ADA, { ...of, mine: true })).reviewer?.since).toBe(seen?.since);
  expect((await claim(BO, { ...of, mine: false })).reviewer).toMatchObject({ name: 'Ada' });
  await markItems(BO, { ...of, reviews: [{ ordinal: 1, right: true }] });
  expect((await claim(BO, { ...of, mine: true })).reviewer).toMatchObject({ name: 'Bo', you: true });
  expect((await claim(BO, { ...of, mine: false })).reviewer).toBeNull();
  const done = await seedBatch(pool, { chunks: [{ state: 'done', items }] });
  await expect(claim(BO, { batchId: done.batchId, chunk: 1, mine: true })).rejects.toMatchObject({ code: 'conflict' });
  await expect(claim(BO, { ...of, chunk: 9, mine: true })).rejects.toMatchObject({ code: 'not_found' });
});
