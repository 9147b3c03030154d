import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import { recordWorker } from '#lib/store/fleet/workers.sql.ts';
import { testDatabase } from '#test/database.ts';
import { nameActors } from './name-actors.ts';

const { pool } = await testDatabase();
const AUDITOR: Actor = { id: `user:${randomUUID()}`, role: 'auditor', name: 'Cy', via: 'page' };
const receipt = (id: string, by = id) => ({ body: { by: id } as unknown as ReceiptRow['body'], by });

test('a worker is named by its process and machine, a person by name, and no id is shown whole', async () => {
  const [known, gone] = [randomUUID(), randomUUID()];
  await recordWorker(pool, { id: known, host: 'oak', pid: 4711, state: 'idle', fault: null });
  const named = await nameActors(AUDITOR, [receipt(`worker:${known}`), receipt(`worker:${gone}`), receipt('user:1', 'Ada')]);
  expect(named).toEqual({
    [`worker:${known}`]: 'Worker 4711 on oak',
    [`worker:${gone}`]: `Worker ${gone.slice(0, 8)}`,
    'user:1': 'Ada',
  });
});
