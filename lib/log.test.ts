import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import pino from 'pino';
import { expect, it } from 'vitest';
import { runWorker } from '#lib/engine/worker.ts';
import { testDatabase } from '#test/database.ts';
import { describeError, LOG } from './log.ts';

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

it("a worker's lines have the fields of every other line, and its errors no row of the database", async () => {
  const lines: Record<string, unknown>[] = [];
  const sink = into((line) => lines.push(JSON.parse(line)));
  const drain = new AbortController();
  const broken = Object.assign(new Error('a chore broke'), { detail: 'Failing row contains (salary-of-ada)' });
  const act = async () => {
    throw broken;
  };
  const failed = () => lines.some(({ msg }) => msg === 'a chore failed');
  const handlers = { classifying: async () => 'done' as const, executing: async () => 'done' as const };
  const chores = [{ everyMs: 60_000, act }];
  const working = runWorker({ pool, leasePool: pool, handlers, bells: null, drain: drain.signal, log: pino(LOG, sink), chores });
  await expect.poll(failed).toBe(true);
  drain.abort();
  await working;
  for (const line of lines)
    expect(line).toMatchObject({
      level: expect.any(Number),
      time: expect.any(Number),
      pid: process.pid,
      msg: expect.any(String),
    });
  expect(lines[0]).toMatchObject({ msg: 'worker ready', worker: expect.any(String) });
  expect(lines.find(({ msg }) => msg === 'a chore failed')).toMatchObject({ level: 50, err: { message: 'a chore broke' } });
  expect(JSON.stringify(lines)).not.toContain('salary-of-ada');
});

it('a password or a token that comes along is not written down', () => {
  const lines: string[] = [];
  const log = pino(
    LOG,
    into((line) => lines.push(line)),
  );
  log.info({ password: 'hush', person: { token: 'hush' }, headers: { authorization: 'hush', cookie: 'hush' } }, 'said');
  expect(lines.join('')).not.toContain('hush');
});

it('nothing of ours prints a log of its own', () => {
  const files = globSync('{lib,bin/worker.ts,app}{,/**/*.{ts,tsx}}').filter((file) => /\.tsx?$/.test(file));
  const printing = files.filter(
    (file) => !/\.test\.|generated/.test(file) && /console\.|\bpino\(/.test(readFileSync(file, 'utf8')),
  );
  // The browser's own console has no other way in.
  expect(printing.sort()).toEqual(['app/back-again.tsx', 'lib/log.ts']);
});

function into(take: (line: string) => void): Writable {
  return new Writable({
    write(line, _encoding, done) {
      take(String(line));
      done();
    },
  });
}
