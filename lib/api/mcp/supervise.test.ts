/** A supervisor over MCP, in both eras: from a table to receipts, with subagents that work, one that is killed, answers that are lost, and a person who decides. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { answerApi } from '#lib/api/answer.ts';
import type { Actor } from '#lib/auth/actor.ts';
import type { AgentScope } from '#lib/core/people/roles.ts';
import type { ErrandGiven } from '#lib/shapes/errands.ts';
import type {
  Appended,
  BatchMade,
  BatchStanding,
  CheckpointTold,
  DatasetMade,
  ReceiptsTold,
  TaskTold,
} from '#lib/shapes/supervision.ts';
import type { WorkClaim } from '#lib/shapes/work.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { revokeKey } from '#lib/steps/keys/revoke-key.ts';
import { testDatabase } from '#test/database.ts';
import { AGENT_PLAN, agentBatch } from '#test/fixtures/agent-batch.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import { ADA, workUntil } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { answerMcp } from './answer-mcp.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
const MCP = 'http://127.0.0.1:3000/mcp';
const LEGACY = 'legacy' as const;
const MODERN = { pin: '2026-07-28' };

async function agentKey(scopes: AgentScope[], batches: string[] = []): Promise<{ id: string; key: string; owner: Actor }> {
  const { id } = await somebody('operator');
  const owner: Actor = { id: `user:${id}`, role: 'operator', name: 'Bo', via: 'page' };
  return { ...(await makeKey(owner, { name: 'Agents', role: 'agent', scopes, days: 7, batches })), owner };
}

async function connected(key: string, mode: typeof LEGACY | typeof MODERN = LEGACY) {
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

const call = async <T>(client: Client, name: string, args: Record<string, unknown> = {}): Promise<T> => {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error((result.content as { text: string }[])[0]?.text);
  return result.structuredContent as T;
};

const WORK = [
  ...['claim_chunk', 'extend_lease', 'report_items', 'hand_in_commits', 'complete_chunk', 'release_chunk', 'append_receipt'],
  ...['next_errand', 'answer_errand', 'extend_errand'],
];
const SUPERVISE = ['create_dataset', 'preview_batch', 'create_batch', 'batch_status', 'await_checkpoint', 'get_receipts'];

test('a key lists the tools of its scopes, in one order, with what they change', async () => {
  const names = async (...scopes: AgentScope[]) =>
    (await (await connected((await agentKey(scopes)).key)).listTools()).tools.map(({ name }) => name);
  expect(await names('work')).toEqual([...WORK, 'update_task', 'append', 'get_task', 'list_tasks', 'complete_task']);
  expect(await names('supervise')).toEqual([...SUPERVISE, 'create_task', 'get_task', 'list_tasks']);
  const { tools } = await (await connected((await agentKey(['work', 'supervise', 'start'])).key)).listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    ...[...WORK, ...SUPERVISE],
    ...['update_task', 'append', 'create_task', 'get_task', 'list_tasks', 'complete_task'],
  ]);
  for (const { name, annotations, outputSchema } of tools) {
    expect(annotations?.readOnlyHint, name).toBe(/^(preview|batch_|await|get_|list_)/.test(name));
    expect([annotations?.destructiveHint, annotations?.idempotentHint, outputSchema?.type], name).toEqual([
      false,
      true,
      'object',
    ]);
  }
});

const WORKERS = 4;
const ITEMS = atSize(12, 120);

/** In a small run the browser's story (e2e/agents.spec.ts) has the other era. */
const OLD = ['2025-06-18', LEGACY] as const;
test.each(atSize<readonly (readonly [string, typeof LEGACY | typeof MODERN])[]>([OLD], [OLD, ['2026-07-28', MODERN]]))(
  'in %s a supervisor and four subagents go from a table to its receipts',
  async (_, mode) => {
    const [boss, bots] = [await agentKey(['supervise', 'start']), await agentKey(['work'])];
    const supervisor = await connected(boss.key, mode);
    const rows = Array.from({ length: ITEMS }, (_, n) => `${n + 1},Mail ${n + 1}`);
    const content = `id,subject\n${rows.join('\n')}\n`;
    const given = { name: `mail ${mode === LEGACY ? 'old' : 'new'}.csv`, content };
    const dataset = await call<DatasetMade>(supervisor, 'create_dataset', given);
    expect(dataset).toMatchObject({ state: 'ready', items: ITEMS, fields: ['id', 'subject'], already: false });
    expect(await call(supervisor, 'create_dataset', given)).toEqual({ ...dataset, already: true });
    const plan = { ...AGENT_PLAN, chunking: { by: 'size', maxItems: ITEMS / WORKERS } };
    expect(await call(supervisor, 'preview_batch', { dataset: dataset.id, plan })).toMatchObject({
      ...{ items: ITEMS, chunks: WORKERS, known: false },
    });
    const asked = { dataset: dataset.id, name: 'November', plan, taskRef: `task-${dataset.id}`, start: true };
    const batch = await call<BatchMade>(supervisor, 'create_batch', asked);
    expect(batch).toMatchObject({ state: 'running', chunks: WORKERS, already: false });
    expect(await call(supervisor, 'create_batch', asked)).toEqual({ ...batch, already: true });

    const clients = await Promise.all(Array.from({ length: WORKERS }, () => connected(bots.key, mode)));
    const work = async (client: Client, worker: string, killed: boolean) => {
      for (;;) {
        const { claimed } = await call<WorkClaim>(client, 'claim_chunk', { batch: batch.batch, worker });
        if (!claimed) return;
        const own = { batch: batch.batch, chunk: claimed.chunk.number, epoch: claimed.epoch };
        const items = claimed.items.map(({ ordinal }) => ({ ordinal, category: 'noise', why: 'A newsletter.' }));
        await call(client, 'report_items', { ...own, items: items.slice(0, 1) });
        if (killed) return;
        await call(client, 'report_items', { ...own, items });
        const note = { id: claimed.task, body: 'All of these are newsletters.' };
        expect(await call<Appended>(client, 'update_task', note)).toMatchObject({ recorded: true, as: 'note', receipt: null });
        expect(await call<Appended>(client, 'update_task', note)).toMatchObject({ recorded: false, already: true, lines: 1 });
        await call(client, 'complete_task', { id: claimed.task });
      }
    };
    const waiting = call<CheckpointTold>(supervisor, 'await_checkpoint', { batch: batch.batch });
    await Promise.all(clients.map((client, at) => work(client, `subagent ${at + 1}`, at === 0)));
    const first = await waiting;
    expect(first.answer).toBe('wanted');
    expect(first.wanted[0]).toMatchObject({ chunk: expect.any(Number), what: expect.stringContaining('awaiting review') });
    const status = await call<BatchStanding>(supervisor, 'batch_status', { batch: batch.batch });
    expect(status.working).toMatchObject([
      {
        ...{ who: 'subagent 1', key: expect.stringMatching(/^Agents \(key of /) },
        ...{ since: expect.any(String), lastCall: expect.any(String) },
      },
    ]);
    // The lease of the one that was killed runs out, and another takes its chunk.
    await pool.query(`UPDATE chunk SET lease_until = now() - interval '1 second' WHERE batch_id = $1 AND state = 'classifying'`, [
      batch.batch,
    ]);
    await work(clients[1] as Client, 'subagent 2', false);

    const approve = async (number: number) => {
      const { digest, categories } = (await readCheckpoint(ADA, { batchId: batch.batch, chunk: number })) ?? {
        digest: '',
        categories: [],
      };
      const seen = categories.flatMap(({ sampleRandom }) => sampleRandom.map(({ ordinal }) => ordinal));
      await decide(ADA, {
        batchId: batch.batch,
        chunks: [{ number, digest: digest ?? '', seen }],
        next: true,
        execute: true,
        override: 'Looked at.',
      });
    };
    for (let number = 1; number <= WORKERS; number += 1) await approve(number);
    await workUntil(pool, async () => (await readBatch(ADA, { batchId: batch.batch }))?.state === 'finished');
    const over = await call<CheckpointTold>(supervisor, 'await_checkpoint', { batch: batch.batch, cursor: first.cursor });
    expect(over).toMatchObject({ answer: 'over', sum: { approved: ITEMS, done: ITEMS, addsUp: true } });

    // Each says what it did, and the answer to the first is lost.
    const [teller] = clients as [Client];
    for (let item = 1; item <= ITEMS; item += 1) {
      const chunk = Math.ceil(item / (ITEMS / WORKERS));
      const said = { batch: batch.batch, chunk, item, text: `Archived: Mail ${item}` };
      expect(await call<Appended>(teller, 'append_receipt', said)).toMatchObject({ recorded: true, as: 'attestation' });
      if (item === 1) expect(await call<Appended>(teller, 'append_receipt', said)).toMatchObject({ already: true, lines: 2 });
    }
    const receipts: ReceiptsTold['items'] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      const page: ReceiptsTold = await call(supervisor, 'get_receipts', {
        ...{ batch: batch.batch, limit: 50 },
        ...(cursor && { cursor }),
      });
      receipts.push(...page.items);
      cursor = page.next ?? undefined;
      more = page.next !== null;
    }
    const count = (kind: string) => receipts.filter((one) => one.kind === kind).length;
    expect([count('intent'), count('outcome'), count('decision'), count('attestation')]).toEqual([ITEMS, ITEMS, WORKERS, ITEMS]);
    const now = await call<BatchStanding>(supervisor, 'batch_status', { batch: batch.batch });
    expect(now).toMatchObject({ attestations: ITEMS, sum: { done: ITEMS, addsUp: true } });
    const task = await call<TaskTold>(supervisor, 'get_task', { id: asked.taskRef });
    expect(task).toMatchObject({ kind: 'batch', over: true, notes: WORKERS, attestations: ITEMS, lines: WORKERS + ITEMS });
    expect(task.last).toHaveLength(10);
    expect(task.last.at(-1)).toBe(`Attested (chunk ${WORKERS}, item ${ITEMS}): Archived: Mail ${ITEMS}`);
    // Nothing that a draw or a person's look left behind is in anything that it was told.
    const told = JSON.stringify([status, over, now, receipts, task]);
    for (const word of ['seed', 'sample', 'rank', '"marks"', 'looks', 'atMost', 'seenCount']) expect(told).not.toContain(word);
    await Promise.all([supervisor, ...clients].map((client) => client.close()));
  },
);

describe('a supervisor’s key', () => {
  test('starts nothing without the switch, works nothing, and approves nothing', async () => {
    const { key } = await agentKey(['supervise']);
    const client = await connected(key);
    const { id } = await call<DatasetMade>(client, 'create_dataset', { name: 'few.csv', content: 'id,subject\n1,One\n' });
    const asked = { dataset: id, name: 'Few', plan: AGENT_PLAN };
    await expect(call(client, 'create_batch', { ...asked, start: true })).rejects.toThrow(
      "An agent with the scope supervise can't start batches.",
    );
    const made = await call<BatchMade>(client, 'create_batch', asked);
    expect(made).toMatchObject({ state: 'proposed', already: false });
    expect(await call<CheckpointTold>(client, 'await_checkpoint', { batch: made.batch, waitSeconds: 0 })).toMatchObject({
      answer: 'wanted',
      wanted: [{ chunk: null, page: `/batches/${made.batch}` }],
    });
    await expect(client.callTool({ name: 'claim_chunk', arguments: { batch: made.batch, worker: 'w' } })).rejects.toThrow();
    await expect(client.callTool({ name: 'approve', arguments: {} })).rejects.toThrow();
  });

  test('that is bound to a batch makes none, and ends while it waits when it is revoked', async () => {
    const own = await agentBatch(3);
    const { key, id, owner } = await agentKey(['supervise'], [own.batchId]);
    const client = await connected(key);
    await expect(call(client, 'create_dataset', { name: 'a.csv', content: 'id\n1\n' })).rejects.toThrow('makes no other');
    await expect(call(client, 'get_task', { id: (await agentBatch(3)).batchId })).rejects.toThrow('none of them');
    expect(await call(client, 'list_tasks')).toMatchObject({ items: [{ id: own.batchId }] });
    expect(await call(client, 'list_tasks', { batch: own.batchId })).toMatchObject({
      items: [{ id: `${own.batchId}/1`, state: 'queued' }],
    });
    const waiting = call(client, 'await_checkpoint', { batch: own.batchId });
    waiting.catch(() => {});
    await revokeKey(owner, { keyId: id });
    await expect(waiting).rejects.toThrow(/ended|401/);
  });
});

test('the same over REST, and what is missing is said in a sentence', async () => {
  const [boss, bots] = [await agentKey(['supervise', 'start']), await agentKey(['work'])];
  const ask = async (key: string, path: string, body?: object | string) => {
    const headers = { authorization: `Bearer ${key}`, host: '127.0.0.1:3000' };
    const request =
      body === undefined
        ? new Request(`http://127.0.0.1:3000/api/v1${path}`, { headers })
        : new Request(`http://127.0.0.1:3000/api/v1${path}`, {
            method: 'POST',
            headers: { ...headers, ...(typeof body === 'string' ? {} : { 'content-type': 'application/json' }) },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          });
    const answer = await answerApi(request);
    return { status: answer.status, ...((await answer.json()) as Record<string, never>) } as Record<string, unknown> & {
      status: number;
    };
  };
  const dataset = await ask(boss.key, '/datasets?name=rest.csv', 'id,subject\n1,One\n2,Two\n');
  expect(dataset).toMatchObject({ status: 201, items: 2 });
  const asked = { datasetId: dataset.id, plan: AGENT_PLAN };
  expect(await ask(boss.key, '/batches/preview', asked)).toMatchObject({ status: 200, itemCount: 2 });
  const batch = await ask(boss.key, '/batches', { ...asked, name: 'Over REST', start: true });
  expect(batch).toMatchObject({ status: 201, state: 'running', evidence: null });
  const of = `/batches/${batch.id}`;
  expect(await ask(boss.key, `${of}/work/checkpoint?waitSeconds=0`)).toMatchObject({ status: 200, answer: 'nothing_yet' });
  expect(await ask(boss.key, `${of}/work`)).toMatchObject({ status: 200, working: [], wantedCount: 0 });
  expect(await ask(boss.key, `${of}/receipts/rows`)).toMatchObject({ status: 200, items: [{ kind: 'start' }] });
  for (const path of [
    `/datasets/${dataset.id}/items`,
    `${of}/chunks/1`,
    `${of}/looks`,
    `${of}/receipts`,
    `${of}/receipts/0-1`,
    `${of}/chunks`,
    '/batches',
  ])
    expect(await ask(boss.key, path), path).toMatchObject({ status: 403 });
  for (const [path, body] of [
    [`${of}/chunks/1/decision`, { digest: 'a'.repeat(64), next: true, execute: true }],
    [`${of}/work/claim`, { worker: 'w' }],
  ] as const)
    expect(await ask(boss.key, path, body), path).toMatchObject({ status: 403 });

  const missing = async (path: string, body: object) => (await ask(bots.key, `${of}/${path}`, body)).detail;
  expect(await missing('work/claim', {})).toContain('Say your name');
  expect(await missing('chunks/1/work/report', {})).toContain('Give the number of your claim');
  expect(await missing('chunks/1/work/report', { epoch: 1 })).toContain('List the items');
  expect(await missing('chunks/1/work/report', { epoch: 1, items: [{}] })).toContain('Say which item');
  expect(await missing('chunks/1/work/append', {})).toContain('A receipt is missing');
});

test('errands are taken and answered over MCP and REST alike, and a key that is bound to other batches gets none', async () => {
  const action = { connector: 'agent', do: 'do', with: { instruction: 'Answer {{subject}}' } };
  const { batchId: batch } = await seedBatch(pool, {
    plan: {
      classifier: { kind: 'rules', rules: [], otherwise: 'a' },
      categories: [{ name: 'a', action }],
      execution: { first: 0 },
    },
    chunks: [{ state: 'executing', items: [{ fields: { subject: 'Mail 1' }, category: 'a' }] }],
  });
  await workUntil(
    pool,
    async () => (await pool.query("SELECT FROM chunk WHERE batch_id = $1 AND waits_for = 'agent'", [batch])).rowCount === 1,
  );
  const [bots, bound] = [await agentKey(['work']), await agentKey(['work'], [(await agentBatch(3)).batchId])];
  const client = await connected(bots.key);
  await expect(call(await connected(bound.key), 'next_errand', { batch, worker: 'w' })).rejects.toThrow('bound to batches');
  const { given } = await call<ErrandGiven>(client, 'next_errand', { batch, worker: 'w' });
  expect(given).toMatchObject({ ordinal: 1, instruction: 'Answer Mail 1', fields: {} });
  const errand = given?.errand;
  const post = (key: string, path: string, body: object) =>
    answerApi(
      new Request(`http://127.0.0.1:3000/api/v1/batches/${batch}/work/errands/${path}`, {
        ...{ method: 'POST', body: JSON.stringify(body) },
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      }),
    );
  expect((await post(bound.key, 'next', { worker: 'w' })).status).toBe(403);
  expect(await (await post(bots.key, 'next', { worker: 'w' })).json()).toMatchObject({ given: { errand } });
  expect((await post(bots.key, `${errand}/extend`, { minutes: 60 })).status).toBe(200);
  const said = { result: 'done', words: 'It is answered.', target: 'mail-7' };
  expect(await call(client, 'answer_errand', { batch, errand, ...said })).toEqual({ recorded: true, already: false });
  expect(await (await post(bots.key, `${errand}/answer`, said)).json()).toEqual({ recorded: false, already: true });
  await workUntil(pool, async () => (await readBatch(ADA, { batchId: batch }))?.state === 'finished');
});
