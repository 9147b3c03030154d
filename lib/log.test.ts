import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { describeError } from './log.ts';

const { pool } = await testDatabase();

it("an error of the database is told without the row that PostgreSQL quotes, which is somebody's data", async () => {
  const insert = () =>
    pool.query(`INSERT INTO dataset (id, name, state, created_by) VALUES ($1, 'salary-of-ada.csv', 'ready', 'user:ada')`, [id]);
  const id = randomUUID();
  await insert();
  const broken = await insert().catch((error: Error) => error);
  expect(JSON.stringify(broken)).toContain(id);
  const told = JSON.stringify(describeError(new Error('outer', { cause: broken })));
  expect(told).not.toContain(id);
  expect(told).toContain('23505');
  expect(told).toContain('duplicate key');
});

it('an error keeps its type, message, stack, code and causes', () => {
  const cause = Object.assign(new TypeError('inner'), { code: 'ECONNRESET', detail: 'quoted' });
  const told = describeError(new Error('outer', { cause }));
  expect(told).toMatchObject({
    type: 'Error',
    message: 'outer',
    cause: { type: 'TypeError', message: 'inner', code: 'ECONNRESET' },
  });
  expect(told.stack).toContain('log.test.ts');
});

it('what is thrown may be anything, and an error may be its own cause', () => {
  const loop = new Error('round');
  loop.cause = loop;
  expect(JSON.stringify(describeError(loop)).length).toBeLessThan(10_000);
  expect(describeError('text')).toEqual({ message: 'text' });
  expect(describeError(undefined)).toEqual({ message: 'undefined' });
});
