/** Bundles of commits over both ways that an agent has: the tool takes a small one, REST a larger one as it comes. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, expect, test } from 'vitest';
import { answerApi } from '#lib/api/answer.ts';
import type { Actor } from '#lib/auth/actor.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import type { WorkClaim } from '#lib/shapes/work.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { testDatabase } from '#test/database.ts';
import { asAdmin } from '#test/fixtures/connected.ts';
import { checkout } from '#test/fixtures/git-checkout.ts';
import { gitMissing, gitServer, PASSWORD, USER } from '#test/fixtures/git-server.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import { answerMcp } from './answer-mcp.ts';

await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';
afterAll(stopRinging);

test.skipIf(gitMissing !== null)('commits come over MCP and over REST, and a second of the same counts once', async () => {
  const server = await gitServer({ 'a.md': 'one\n', 'b.md': 'two\n' });
  const made = await asAdmin('POST', '/connections', {
    ...{ name: 'repo', connector: 'git', address: server.address, auth: { kind: 'basic', username: USER } },
    secrets: { password: PASSWORD },
  });
  const { id: datasetId } = (await asAdmin('POST', `/connections/${made.body.id}/dataset`, { place: 'main' })).body;
  const plan = {
    version: 2,
    classifier: { kind: 'agent', otherwise: 'keep' },
    instruction: 'Mend what is wrong in each file.',
    categories: [
      { name: 'mend', action: { connector: 'git', connection: 'repo', do: 'apply' } },
      { name: 'keep', action: null },
    ],
    chunking: { by: 'size' },
  };
  const started = await asAdmin('POST', '/batches', { datasetId, name: 'Mend', plan, start: true });
  expect(started.status, started.text).toBe(201);
  const batchId = String(started.body.id);
  const { id } = await somebody('operator');
  const owner: Actor = { id: `user:${id}`, role: 'operator', name: 'Bo', via: 'page' };
  const { key } = await makeKey(owner, { name: 'Agents', role: 'agent', days: 7, batches: [] });
  const client = new Client({ name: 'test', version: '1' });
  const headers = { authorization: `Bearer ${key}`, host: '127.0.0.1:3000' };
  const send = (url: string | URL, init?: RequestInit) =>
    answerMcp(new Request(url, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), ...headers } }));
  await client.connect(new StreamableHTTPClientTransport(new URL('http://127.0.0.1:3000/mcp'), { fetch: send }));
  const called = await client.callTool({ name: 'claim_chunk', arguments: { batch: batchId, worker: 'w' } });
  const { claimed: found } = called.structuredContent as WorkClaim;
  const at = checkout(server, found?.commits?.commit ?? '');
  at.commit({ 'a.md': 'mine\n' }, { batch: batchId, chunk: 1, item: 1 });
  const bundle = at.bundle('HEAD~1..HEAD');
  const own = { batch: batchId, chunk: 1, epoch: 1 };
  const handed = await client.callTool({ name: 'hand_in_commits', arguments: { ...own, bundle: bundle.toString('base64') } });
  expect(handed.structuredContent).toMatchObject({ already: false, commits: 1, written: 1, left: 2 });
  const posted = (body: Buffer, query = '?epoch=1') =>
    answerApi(
      new Request(`http://127.0.0.1:3000/api/v1/batches/${batchId}/chunks/1/work/commits${query}`, {
        ...{ method: 'POST', headers, body: new Uint8Array(body) },
      }),
    );
  const again = await posted(bundle);
  expect([again.status, await again.json()]).toMatchObject([200, { already: true, written: 1 }]);
  expect((await posted(bundle, '')).status).toBe(400);
  const large = await client.callTool({
    ...{ name: 'hand_in_commits', arguments: { ...own, bundle: Buffer.alloc(1024 ** 2 + 3).toString('base64') } },
  });
  expect((large.content as { text: string }[])[0]?.text).toBe('The bundle is larger than 1 MiB. Hand in fewer items at once.');
});
