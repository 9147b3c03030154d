import { expect, test } from 'vitest';
import { DATABASE_WELL_MS } from '#lib/core/limits.ts';
import type { Clock } from './clock.ts';
import { patience, trouble } from './database-trouble.ts';

const refused = (code: string) => Object.assign(new Error('what PostgreSQL said'), { code, severity: 'ERROR' });

/** Moves when it is slept by, or set. */
function handClock() {
  let at = 1_000;
  const naps: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    naps.push(ms);
    at += ms;
  };
  return { clock: { now: () => at, sleep } as Partial<Clock> as Clock, naps, go: (ms: number) => (at += ms) };
}

test('one spell, however many meet it: since the first, about the worst, over when nobody met anything for a while', () => {
  const { clock, go } = handClock();
  const db = trouble(clock);
  expect(db.now()).toBeNull();
  expect(db.met(refused('23505'))).toBeNull();
  expect(db.now()).toBeNull();

  expect(db.met(refused('57P01'))?.kind).toBe('away');
  go(DATABASE_WELL_MS);
  db.met(refused('53100'));
  go(500);
  db.met(refused('57P03'));
  expect(db.now()).toEqual({ kind: 'full', since: 1_000, last: 1_000 + DATABASE_WELL_MS + 500 });
  go(DATABASE_WELL_MS + 1);
  expect(db.now()).toBeNull();
  // The next one is a spell of its own.
  db.met(refused('53300'));
  expect(db.now()).toMatchObject({ kind: 'crowded', since: clock.now() });
});

test('patience waits longer each time, far less than a lease at most, and bears nothing but a fault of the database', async () => {
  const { clock, naps } = handClock();
  const bear = patience(trouble(clock), clock);
  for (let tries = 0; tries < 6; tries += 1) await bear(refused('53300'));
  expect(naps).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  await expect(bear(refused('23505'))).rejects.toThrow('what PostgreSQL said');
});
