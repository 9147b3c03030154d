/** The prompts of docs/agents.md, played word for word by whoever only reads: each numbered step is a call, what is in capitals is filled in or kept. */
import { readFileSync } from 'node:fs';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { AgentScope } from '#lib/core/people/roles.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { testDatabase } from '#test/database.ts';
import { AGENT_PLAN } from '#test/fixtures/agent-batch.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import { ADA, workUntil } from '#test/fixtures/started-batch.ts';
import { answerMcp } from './answer-mcp.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';

const PLUGIN = 'plugins/aops-core';
const json = (file: string) => JSON.parse(readFileSync(`${PLUGIN}/${file}`, 'utf8'));
const { name: plugin } = json('.claude-plugin/plugin.json') as { name: string };
const [[server, settings]] = Object.entries(json('.mcp.json').mcpServers as Record<string, Settings>) as [[string, Settings]];
type Settings = { type: string; url: string; headers: Record<string, string> };
/** What the client puts before the name of a tool of this plugin. */
const PREFIX = `mcp__plugin_${plugin}_${server}__`;

const [supervisor, subagent] = [...readFileSync('docs/agents.md', 'utf8').matchAll(/```text\n([\s\S]*?)```/g)].map(
  ([, text]) => text ?? '',
) as [string, string];

type Value = unknown;
type Memory = Record<string, Value>;
type Step = { tool: string; args: [string, string][]; keeps: [string, string][]; until: [string, string] | null };

function stepOf(prompt: string, number: number): Step {
  const line = prompt.split('\n').find((one) => one.startsWith(`${number}. `)) ?? '';
  const [, tool = '', args = ''] = /([\w-]+)\(([^)]*)\)/.exec(line) ?? [];
  const [, what, value] = /until ([\w.]+) is (\w+)/.exec(line) ?? [];
  return {
    tool: tool.replace(PREFIX, ''),
    args: args.split(', ').map((arg) => arg.split('=') as [string, string]),
    keeps: [...line.matchAll(/([\w.]+) as ([A-Z]+)\b/g)].map(([, path = '', name = '']) => [path, name]),
    until: what && value ? [what, value] : null,
  };
}

const at = (value: Value, path: string): Value =>
  path.split('.').reduce<Value>((one, key) => (one as Memory | null)?.[key], value);

/** Does a step, again until what it says; `each` hears of every answer. */
async function play(
  client: Client,
  prompt: string,
  number: number,
  memory: Memory,
  each: (given: Memory) => Promise<void> = async () => {},
) {
  const { tool, args, keeps, until } = stepOf(prompt, number);
  for (;;) {
    const filled = args.flatMap(([name, word]) => {
      const value = word === 'true' ? true : memory[word];
      return value === undefined || value === null ? [] : [[name, value]];
    });
    const result = await client.callTool({ name: tool, arguments: Object.fromEntries(filled) });
    if (result.isError) throw new Error(`${tool}: ${(result.content as { text: string }[])[0]?.text}`);
    const given = result.structuredContent as Memory;
    for (const [path, name] of keeps) memory[name] = at(given, path);
    await each(given);
    if (until === null || String(at(given, until[0])) === until[1]) return given;
  }
}

async function agent(...scopes: AgentScope[]): Promise<Client> {
  const { id } = await somebody('operator');
  const owner: Actor = { id: `user:${id}`, role: 'operator', name: 'Bo', via: 'page' };
  const { key } = await makeKey(owner, { name: scopes.join(' '), role: 'agent', scopes, days: 7 });
  const headers = { authorization: (settings.headers.Authorization ?? '').replace(/\$\{\w+\}/, key), host: '127.0.0.1:3000' };
  const client = new Client({ name: 'player', version: '1' });
  const fetch = (url: string | URL, init?: RequestInit) =>
    answerMcp(new Request(url, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), ...headers } }));
  const url = settings.url.replace(/\$\{\w+\}/, 'http://127.0.0.1:3000');
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch }));
  return client;
}

test('the plugin gives the tool the name that prompts call it by', () => {
  expect(`${PREFIX}update_task`).toBe('mcp__plugin_aops-core_task_manager__update_task');
  expect(subagent).toContain(`${PREFIX}update_task(id=TASK`);
  expect(settings.type).toBe('http');
});

test('a supervisor and a subagent for each chunk do what their prompts say, and a person decides', async () => {
  const boss = await agent('supervise', 'start');
  const rows = [1, 2, 3, 4].map((n) => `2025-11-0${n},a${n}@shop.x,Deal ${n}`);
  const memory: Memory = {
    ...{ FILE: 'november.csv', TEXT: `date,from,subject\n${rows.join('\n')}\n`, NAME: 'Nov 2025', REF: 'ops-1' },
    PLAN: { ...AGENT_PLAN, chunking: { by: 'size', maxItems: 2 }, receiptFields: ['date', 'from', 'subject'] },
  };
  await play(boss, supervisor, 1, memory);
  await play(boss, supervisor, 2, memory);
  const workers = Array.from(
    { length: Number(memory.CHUNKS) },
    (_, n) => ({ WORKER: `worker ${n + 1}`, BATCH: memory.BATCH }) as Memory,
  );
  expect(workers).toHaveLength(2);
  const bots = await agent('work');
  for (const own of workers) {
    await play(bots, subagent, 1, own);
    own.MINE = own.ITEMS;
    const answer = () => {
      own.ANSWERS = (own.ITEMS as { ordinal: number }[]).map(({ ordinal }) => ({ ordinal, category: 'noise', why: 'An offer.' }));
    };
    answer();
    await play(bots, subagent, 2, own, async () => answer());
    own.SUMMARY = 'Offers, all of them.';
    expect(await play(bots, subagent, 3, own)).toMatchObject({ as: 'note' });
    await play(bots, subagent, 4, own);
  }
  const batchId = String(memory.BATCH);
  const given = new Set<string>();
  await play(boss, supervisor, 4, memory, async (told) => {
    for (const { page, chunk } of told.wanted as { page: string; chunk: number }[]) {
      if (given.has(page)) continue;
      given.add(page);
      const { digest } = (await readCheckpoint(ADA, { batchId, chunk })) ?? { digest: null };
      await decide(ADA, {
        batchId,
        chunks: [{ number: chunk, digest: digest ?? '' }],
        next: true,
        execute: true,
        override: 'Seen.',
      });
    }
    if (given.size === workers.length)
      await workUntil(pool, async () => (await readBatch(ADA, { batchId }))?.state === 'finished');
  });
  expect([...given].sort()).toEqual([1, 2].map((n) => `/batches/${batchId}/chunks/${n}`));
  for (const own of workers)
    for (const { ordinal, fields } of own.MINE as { ordinal: number; fields: Record<string, string> }[]) {
      Object.assign(own, { ITEM: ordinal, LINE: `Archived: ${fields.date} | ${fields.from} | ${fields.subject}` });
      expect(await play(bots, subagent, 5, own)).toMatchObject({ as: 'attestation', recorded: true });
    }
  const kinds: string[] = [];
  await play(boss, supervisor, 5, memory, async ({ items }) => {
    kinds.push(...(items as { kind: string }[]).map(({ kind }) => kind));
  });
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  expect([count('decision'), count('intent'), count('outcome'), count('attestation')]).toEqual([2, 4, 4, 4]);
  await Promise.all([boss, bots].map((client) => client.close()));
});
