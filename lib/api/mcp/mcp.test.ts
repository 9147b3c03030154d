/** Agents over MCP: the official client, in both eras of the protocol, plays a supervisor's workers from the claim to the checkpoint. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { WorkClaim, WorkReported } from '#lib/shapes/work.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { revokeKey } from '#lib/steps/keys/revoke-key.ts';
import { testDatabase } from '#test/database.ts';
import { agentBatch } from '#test/fixtures/agent-batch.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import { chunkStates } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { answerMcp } from './answer-mcp.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
const MCP = 'http://127.0.0.1:3000/mcp';

async function agentKey(batches: string[] = []): Promise<{ id: string; key: string; owner: Actor }> {
  const { id } = await somebody('operator');
  const owner: Actor = { id: `user:${id}`, role: 'operator', name: 'Bo', via: 'page' };
  return { ...(await makeKey(owner, { name: 'Agents', role: 'agent', days: 7, batches })), owner };
}

async function connected(key: string, mode: 'legacy' | { pin: string } = 'legacy'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const fetch = (url: string | URL, init?: RequestInit) =>
    answerMcp(
      new Request(url, {
        ...init,
        headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization: `Bearer ${key}`, host: '127.0.0.1:3000' },
      }),
    );
  await client.connect(new StreamableHTTPClientTransport(new URL(MCP), { fetch }));
  return client;
}

const [ITEMS, WORKERS] = atSize([6, 2], [60, 4]);

const call = async <T>(client: Client, name: string, args: Record<string, unknown>): Promise<T> => {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error((result.content as { text: string }[])[0]?.text);
  return result.structuredContent as T;
};

test.each([
  ['2025-06-18', 'legacy' as const],
  ['2026-07-28', { pin: '2026-07-28' }],
])('in %s workers classify a batch, one stops half way, and every item is there once', async (_, mode) => {
  const { batchId } = await agentBatch(ITEMS);
  const { key } = await agentKey();
  const clients = await Promise.all(Array.from({ length: WORKERS }, () => connected(key, mode)));
  const work = async (client: Client, worker: string, stops: boolean) => {
    for (;;) {
      const { claimed } = await call<WorkClaim>(client, 'claim_chunk', { batch: batchId, worker });
      if (!claimed) return;
      const own = { batch: batchId, chunk: claimed.chunk.number, epoch: claimed.epoch };
      for (const { ordinal } of claimed.items) {
        const report = { ...own, items: [{ ordinal, category: 'noise', why: 'A newsletter.' }] };
        await call<WorkReported>(client, 'report_items', report);
        if (stops) return;
        // Its answer was lost: it is sent again.
        expect(await call<WorkReported>(client, 'report_items', report)).toMatchObject({ recorded: 0, already: 1 });
      }
      await call(client, 'complete_chunk', own);
    }
  };
  await Promise.all(clients.map((client, at) => work(client, `worker ${at}`, at === 0)));
  await pool.query(`UPDATE chunk SET lease_until = now() - interval '1 second' WHERE batch_id = $1 AND state = 'classifying'`, [
    batchId,
  ]);
  await work(clients[1] as Client, 'worker 1', false);
  expect(new Set(await chunkStates(pool, batchId))).toEqual(new Set(['awaiting_review']));
  const { rows } = await pool.query(
    'SELECT count(*)::int AS n, count(DISTINCT "by")::int AS by FROM classification WHERE batch_id = $1',
    [batchId],
  );
  expect(rows).toEqual([{ n: ITEMS, by: 1 }]);
  await Promise.all(clients.map((client) => client.close()));
});

test('what an agent got wrong comes back as words that it can go by', async () => {
  const { batchId } = await agentBatch(3);
  const { key } = await agentKey();
  const client = await connected(key);
  const wrong = await client.callTool({ name: 'report_items', arguments: { batch: batchId, chunk: 1, epoch: 7, items: [] } });
  expect(wrong).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('Claim 7 of chunk 1 has ended') }] });
  const unread = await client.callTool({ name: 'claim_chunk', arguments: { batch: batchId } });
  expect(unread).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('worker') }] });
});

test('a key is bound to its batches, ends when it is revoked, and no session and no other site will do', async () => {
  const [own, other] = [await agentBatch(3), await agentBatch(3)];
  const { key, id, owner } = await agentKey([own.batchId]);
  const client = await connected(key);
  expect(await call<WorkClaim>(client, 'claim_chunk', { batch: own.batchId, worker: 'w' })).toMatchObject({
    claimed: { epoch: 1 },
  });
  await expect(call(client, 'claim_chunk', { batch: other.batchId, worker: 'w' })).rejects.toThrow('bound to batches of its own');
  await revokeKey(owner, { keyId: id });
  await expect(call(client, 'claim_chunk', { batch: own.batchId, worker: 'w' })).rejects.toThrow();
  const post = (headers: Record<string, string>) =>
    answerMcp(
      new Request(MCP, {
        method: 'POST',
        body: '{}',
        headers: { host: '127.0.0.1:3000', 'content-type': 'application/json', ...headers },
      }),
    );
  expect((await post({})).status).toBe(401);
  expect((await post({ cookie: 'a=b' })).headers.get('www-authenticate')).toBe('Bearer');
  expect((await post({ authorization: `Bearer ${key}`, origin: 'http://evil.example' })).status).toBe(403);
});
