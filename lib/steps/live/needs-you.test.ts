/** Whose a question is, in which order they are asked, and what comes next. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { assign } from '#lib/steps/reviews/assign.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedChunk, seedBatch } from '#test/fixtures/batch.ts';
import { readNeedsYou, readNextNeed } from './read-needs-you.ts';

const { pool } = await testDatabase();

const person = async (name: string, role: Role): Promise<Actor> => {
  const id = randomUUID();
  await pool.query('INSERT INTO "user" (id, name, email, role, updated_at) VALUES ($1, $2, $3, $4, now())', [
    id,
    name,
    `${id}@example.com`,
    role,
  ]);
  return { id: `user:${id}`, role, name, via: 'api' };
};
const [ada, bo, cleo] = [await person('Ada', 'operator'), await person('Bo', 'reviewer'), await person('Cleo', 'reviewer')];
const idOf = ({ id }: Actor) => id.slice('user:'.length);

const chunk = (state: SeedChunk['state'] = 'awaiting_review'): SeedChunk => ({
  state,
  items: [{ fields: { subject: 'a' }, category: 'noise' }],
});
const PERMANENT = {
  classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
  categories: [{ name: 'noise', action: { connector: 'http', do: 'DELETE', with: { url: 'http://127.0.0.1:9/{{subject}}' } } }],
};

test('checkpoints are asked of whoever claimed them, else of everybody, and nobody loses one to somebody who was put out', async () => {
  const { batchId } = await seedBatch(pool, { name: 'Whose', chunks: Array.from({ length: 30 }, () => chunk()) });
  const reviews = async (actor: Actor) => {
    const { batches, checkpoints, others, count } = await readNeedsYou(actor);
    const own = batches.find((one) => one.batchId === batchId);
    const listed = checkpoints.filter((one) => one.batchId === batchId);
    return { reviews: own?.reviews ?? 0, mine: own?.mine ?? 0, listed: listed.length, others, count };
  };
  // Thirty are one batch with a count, and the first twenty of them.
  expect(await reviews(bo)).toMatchObject({ reviews: 30, mine: 0, listed: 20, others: [], count: 30 });
  expect(await assign(bo, { batchId, chunks: [3, 4, 5], to: 'me' })).toEqual({ chunks: [3, 4, 5] });
  expect(await reviews(bo)).toMatchObject({ reviews: 30, mine: 3 });
  expect((await readNeedsYou(bo)).checkpoints.slice(0, 3).map(({ chunk: number, mine }) => [number, mine])).toEqual([
    [3, true],
    [4, true],
    [5, true],
  ]);
  expect(await reviews(cleo)).toMatchObject({ reviews: 27, others: [{ name: 'Bo', count: 3 }], count: 27 });
  // What is Bo's stays Bo's, and a reviewer gives nothing to somebody else; an operator does.
  expect(await assign(cleo, { batchId, chunks: [3, 6], to: 'me' })).toEqual({ chunks: [6] });
  await expect(assign(cleo, { batchId, chunks: [7], to: idOf(bo) })).rejects.toMatchObject({ code: 'forbidden' });
  expect(await assign(ada, { batchId, chunks: [7], to: idOf(bo) })).toEqual({ chunks: [7] });
  await expect(assign(ada, { batchId, to: randomUUID() })).rejects.toMatchObject({ code: 'invalid' });
  expect(await assign(cleo, { batchId, to: null })).toEqual({ chunks: [6] });
  await pool.query('UPDATE "user" SET disabled_at = now() WHERE id = $1', [idOf(bo)]);
  expect(await reviews(cleo)).toMatchObject({ reviews: 30, others: [] });
  // So they can be given anew, and taken.
  expect(await assign(ada, { batchId, chunks: [3, 7], to: idOf(cleo) })).toEqual({ chunks: [3, 7] });
  expect(await assign(cleo, { batchId, chunks: [4], to: 'me' })).toEqual({ chunks: [4] });
  await pool.query('UPDATE "user" SET disabled_at = NULL WHERE id = $1', [idOf(bo)]);
  expect(await readNeedsYou({ ...bo, role: 'auditor' })).toMatchObject({ batches: [], others: [], next: null, count: 0 });
});

test('what stopped comes first, then what can’t be undone, and next goes on in the batch where one is', async () => {
  await pool.query(`UPDATE batch SET state = 'finished'`);
  const { batchId: old } = await seedBatch(pool, { name: 'Old', chunks: [chunk(), chunk()] });
  const { batchId: gone } = await seedBatch(pool, { name: 'For good', plan: PERMANENT, chunks: [chunk(), chunk()] });
  const { batchId: stuck } = await seedBatch(pool, {
    name: 'Stuck',
    chunks: [chunk(), { ...chunk('halted'), haltReason: 'error_budget' }],
  });
  const { batches, next } = await readNeedsYou(cleo);
  expect(batches.map(({ batchName, effect }) => [batchName, effect])).toEqual([
    ['Stuck', 'undoable'],
    ['For good', 'permanent'],
    ['Old', 'undoable'],
  ]);
  expect(next).toEqual({ batchId: stuck, chunk: 2, kind: 'halts' });
  expect(await readNextNeed(cleo, { batchId: old, chunk: 1 })).toEqual({ batchId: old, chunk: 2, kind: 'reviews' });
  expect(await readNextNeed(cleo, { batchId: old, chunk: 2 })).toEqual({ batchId: old, chunk: 1, kind: 'reviews' });
  // Somebody else took the other one: from there it goes to what is most urgent of all.
  await assign(bo, { batchId: gone, chunks: [1], to: 'me' });
  expect(await readNextNeed(cleo, { batchId: gone, chunk: 2 })).toEqual({ batchId: stuck, chunk: 2, kind: 'halts' });
  expect(await readNextNeed({ ...cleo, role: 'auditor' }, {})).toBeNull();
});
