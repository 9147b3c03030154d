/** Incidents over REST: what an agent is told of a target that failed, and how it resumes it. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { log } from '#lib/log.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { answerApi } from './answer.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';

const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

async function ask(path: string, method = 'GET') {
  const headers = { authorization: 'Bearer a-key-of-the-environment' };
  const response = await answerApi(new Request(`http://127.0.0.1:3000/api/v1${path}`, { method, headers }));
  return { status: response.status, body: await response.json() };
}

const TARGET = 'https://api.example.com';

it('a target that failed is listed with what waits for it, and resumed once', async () => {
  const items = [1, 2, 3].map((n) => ({ fields: { subject: `mail ${n}` }, category: 'noise' }));
  const { batchId } = await seedBatch(pool, {
    chunks: [
      { state: 'halted', decidedBy: randomUUID(), items },
      { state: 'approved', items },
    ],
  });
  const id = randomUUID();
  const message = 'api.example.com refuses our requests (HTTP 401)';
  await pool.query(`INSERT INTO incident (id, kind, message) VALUES ($1, 'target', $2)`, [id, message]);
  await pool.query(`INSERT INTO breaker (target, state, incident_id) VALUES ($1, 'open', $2)`, [TARGET, id]);
  await pool.query('UPDATE chunk SET targets = $2, approved_actions = 3 WHERE batch_id = $1', [batchId, [TARGET]]);
  await pool.query(`UPDATE chunk SET incident_id = $2, halted_from = 'executing' WHERE batch_id = $1 AND number = 1`, [
    batchId,
    id,
  ]);

  const target = { id, target: TARGET, probing: false, message, chunks: 2, actions: 6, batches: 1 };
  expect(await ask('/incidents')).toMatchObject({
    status: 200,
    body: { items: [{ id, kind: 'target', batchId: null, chunk: null, target }], next: null },
  });
  expect((await ask(`/batches/${batchId}`)).body).toMatchObject({ targets: [target], needs: { halts: 0 } });
  expect((await ask(`/batches/${batchId}/chunks`)).body.items).toMatchObject([
    { state: 'halted', waitsFor: { for: 'target', until: null, target: TARGET } },
    { state: 'approved', waitsFor: { for: 'target', until: null, target: TARGET } },
  ]);
  expect(await ask(`/incidents/${id}/resume`, 'POST')).toEqual({ status: 200, body: { trying: TARGET, chunks: 1 } });
  expect(await ask(`/incidents/${id}/resume`, 'POST')).toEqual({ status: 200, body: { trying: null, chunks: 0 } });
  expect((await ask('/incidents')).body.items).toMatchObject([{ target: { probing: true } }]);
  await pool.query('UPDATE incident SET resolved_at = now()');
  expect(await ask(`/incidents/${id}/resume`, 'POST')).toMatchObject({ status: 409, body: { code: 'conflict' } });
});

it('an incident of one chunk is resumed by it, and one that ends by itself is not', async () => {
  const { batchId } = await seedBatch(pool, {
    chunks: [{ state: 'halted', items: [{ fields: { subject: 'a' }, category: 'noise' }] }],
  });
  const [own, database] = [randomUUID(), randomUUID()];
  await pool.query(`INSERT INTO incident (id, batch_id, chunk, kind, message) VALUES ($1, $2, 1, 'halted', 'it broke')`, [
    own,
    batchId,
  ]);
  await pool.query(`INSERT INTO incident (id, kind, message) VALUES ($1, 'database', 'the disk is full')`, [database]);
  expect(await ask(`/incidents/${database}/resume`, 'POST')).toMatchObject({ status: 409 });
  expect(await ask(`/incidents/${own}/resume`, 'POST')).toEqual({ status: 200, body: { trying: null, chunks: 1 } });
  expect(await ask(`/incidents/${own}/resume`, 'POST')).toMatchObject({ status: 409 });
  expect(await ask(`/incidents/${randomUUID()}/resume`, 'POST')).toMatchObject({ status: 404 });
});
