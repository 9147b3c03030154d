/** Agents over MCP against the running product: a supervisor and four subagents from a table to its receipts, and a person who approves in the browser. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Page } from '@playwright/test';
import type { ErrandGiven, ErrandRecorded } from '#lib/shapes/errands.ts';
import type { Appended, BatchMade, BatchStanding, CheckpointTold, DatasetMade, ReceiptsTold } from '#lib/shapes/supervision.ts';
import type { WorkClaim } from '#lib/shapes/work.ts';
import { atSize } from '#test/size.ts';
import { approve, categoryOf, decision, lookAt } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';
import { untilSettled } from './sum.ts';

const ERAS = { '2026-07-28': { pin: '2026-07-28' }, '2025-06-18': 'legacy' } as const;
type Era = keyof typeof ERAS;
const [WORKERS, EACH] = [4, 3];
const ITEMS = WORKERS * EACH;

type Caller = { call<T>(tool: string, args: object): Promise<T>; loseNext(): void; close(): Promise<void> };

/** A client of the official package. `loseNext`: the answer to the next call is lost after its commit, and the call is sent again, as such clients do. */
async function connected(product: string, key: string, era: Era): Promise<Caller> {
  let losing = false;
  const client = new Client({ name: 'story', version: '1' }, { versionNegotiation: { mode: ERAS[era] } });
  const transport = new StreamableHTTPClientTransport(new URL(`${product}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
    async fetch(url, init) {
      const answer = await fetch(url, init);
      // The older protocol sends more than calls.
      if (!losing || !String(init?.body).includes('"tools/call"')) return answer;
      losing = false;
      await answer.text();
      throw new TypeError('The answer was lost.');
    },
  });
  await client.connect(transport);
  const once = async <T>(name: string, args: object): Promise<T> => {
    const result = await client.callTool({ name, arguments: { ...args } });
    if (result.isError) throw new Error((result.content as { text: string }[])[0]?.text);
    return result.structuredContent as T;
  };
  return {
    async call<T>(name: string, args: object): Promise<T> {
      if (!losing) return once<T>(name, args);
      await expect(once(name, args)).rejects.toThrow();
      return once<T>(name, args);
    },
    loseNext() {
      losing = true;
    },
    close: () => client.close(),
  };
}

/** Makes a key of the role agent as a person does. */
async function makeKey(page: Page, name: string, scopes: { without: string[]; with: string[] }): Promise<string> {
  await page.goto('/you');
  await page.getByLabel('What uses it').fill(name);
  await page.getByLabel('It acts as').selectOption('agent');
  for (const label of scopes.with) await page.getByLabel(label).check();
  for (const label of scopes.without) await page.getByLabel(label).uncheck();
  await page.getByRole('button', { name: 'Make a key' }).click();
  const shown = page.getByLabel(`Key “${name}”`);
  await expect(shown).toBeVisible();
  return shown.inputValue();
}

for (const era of atSize<Era[]>(['2026-07-28'], ['2026-07-28', '2025-06-18']))
  test(`A supervisor and four subagents of ${era} bring a table to its receipts, and a person approves`, async ({
    desk: page,
    product,
  }) => {
    const boss = await makeKey(page, `Boss ${era}`, {
      with: ['Make datasets and batches, and wait for checkpoints', 'Start the batches that it makes'],
      without: ['Classify chunks, carry out errands, and append what it did to their tasks'],
    });
    const bots = await makeKey(page, `Bots ${era}`, { with: [], without: [] });
    await expect(page.getByRole('row', { name: new RegExp(`Boss ${era}`) })).toContainText('agent: supervises, starts batches');

    const supervisor = await connected(product, boss, era);
    const content = `id,subject\n${Array.from({ length: ITEMS }, (_, n) => `${n + 1},Mail ${n + 1}`).join('\n')}\n`;
    supervisor.loseNext();
    const dataset = await supervisor.call<DatasetMade>('create_dataset', { name: `agents ${era}.csv`, content });
    expect(dataset).toMatchObject({ items: ITEMS, already: true });
    const plan = {
      ...{ version: 2, instruction: 'Archive what nobody has to answer.', classifier: { kind: 'agent', otherwise: 'keep' } },
      categories: [
        { name: 'noise', action: { connector: 'shelf', do: 'archive', with: {} } },
        { name: 'keep', action: null },
      ],
      ...{ chunking: { by: 'size', maxItems: EACH }, execution: { first: 0 }, gates: { next: 'parallel' } },
    };
    const name = `By agents of ${era}`;
    const { batch } = await supervisor.call<BatchMade>('create_batch', { dataset: dataset.id, name, plan, start: true });

    const claim = (caller: Caller, worker: string) => caller.call<WorkClaim>('claim_chunk', { batch, worker });
    const finish = async (caller: Caller, claimed: NonNullable<WorkClaim['claimed']>, loses: boolean) => {
      const own = { batch, chunk: claimed.chunk.number, epoch: claimed.epoch };
      const items = claimed.items.map(({ ordinal }) => ({ ordinal, category: 'noise', why: 'A newsletter.' }));
      if (loses) caller.loseNext();
      await caller.call('report_items', { ...own, items });
      await caller.call('update_task', { id: claimed.task, body: 'All of these are newsletters.' });
      await caller.call('complete_task', { id: claimed.task });
    };
    const workers = await Promise.all(Array.from({ length: WORKERS }, () => connected(product, bots, era)));
    const claims = await Promise.all(workers.map((caller, at) => claim(caller, `subagent ${at + 1}`)));
    // One is killed in the middle of its chunk. The page says who has what.
    const [killed, ...others] = workers as [Caller, ...Caller[]];
    const { chunk, epoch, items } = claims[0]?.claimed ?? { chunk: { number: 0 }, epoch: 0, items: [] };
    await killed.call('report_items', {
      ...{ batch, chunk: chunk.number, epoch },
      items: [{ ordinal: items[0]?.ordinal, category: 'noise', why: 'A newsletter.' }],
    });
    await killed.close();
    await page.goto('/admin');
    await expect(page.getByRole('table', { name: 'Agents' })).toContainText('subagent 1');
    await expect(page.getByRole('table', { name: 'Agents' })).toContainText(`${name}, chunk ${chunk.number}`);
    await page.goto(`/batches/${batch}`);
    await expect(page.getByRole('list', { name: 'Agents' })).toContainText(`Agent subagent 1 has chunk ${chunk.number} since`);
    await Promise.all(
      others.map((caller, at) => finish(caller, claims[at + 1]?.claimed as NonNullable<WorkClaim['claimed']>, at === 0)),
    );
    // Its supervisor lets another begin under its name, who gets what is left of its chunk.
    const again = await connected(product, bots, era);
    const { claimed } = await claim(again, 'subagent 1');
    expect(claimed).toMatchObject({ chunk: { number: chunk.number }, left: EACH - 1 });
    await finish(again, claimed as NonNullable<WorkClaim['claimed']>, false);

    const opened = new Set<string>();
    for (let cursor: string | undefined; ; ) {
      const told: CheckpointTold = await supervisor.call('await_checkpoint', { batch, ...(cursor && { cursor }) });
      cursor = told.cursor;
      if (told.answer === 'over') break;
      for (const wanted of told.wanted) {
        if (opened.has(wanted.page)) continue;
        opened.add(wanted.page);
        await page.goto(wanted.page);
        await lookAt(page, 'noise');
        await approve(page);
      }
    }
    expect(opened.size).toBe(WORKERS);

    const [teller] = others as [Caller];
    for (let item = 1; item <= ITEMS; item += 1) {
      if (item === 2) teller.loseNext();
      const line = { batch, chunk: Math.ceil(item / EACH), item, text: `Archived: Mail ${item}` };
      expect(await teller.call<Appended>('append_receipt', line)).toMatchObject({ as: 'attestation', already: item === 2 });
    }
    const receipts: ReceiptsTold['items'] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const read: ReceiptsTold = await supervisor.call('get_receipts', { batch, limit: 20, ...(cursor ? { cursor } : {}) });
      receipts.push(...read.items);
      cursor = read.next;
    }
    const count = (kind: string) => receipts.filter((one) => one.kind === kind).length;
    expect([count('decision'), count('intent'), count('outcome'), count('attestation')]).toEqual([WORKERS, ITEMS, ITEMS, ITEMS]);
    const { sum, attestations } = await supervisor.call<BatchStanding>('batch_status', { batch });
    expect([sum.approved, sum.done, sum.addsUp, attestations]).toEqual([ITEMS, ITEMS, true, ITEMS]);
    await page.goto(`/batches/${batch}`);
    await untilSettled(page, { approved: ITEMS, done: ITEMS });
    for (const caller of [supervisor, again, ...others]) await caller.close();
  });

test('What a person approved is handed to agents as errands, and each receipt is what its agent said', { tag: '@proof' }, async ({
  desk: page,
  product,
}) => {
  const key = await makeKey(page, 'Errands', {
    with: ['Make datasets and batches, and wait for checkpoints', 'Start the batches that it makes'],
    without: [],
  });
  const [boss, other] = await Promise.all([connected(product, key, '2026-07-28'), connected(product, key, '2026-07-28')]);
  const dataset = await boss.call<DatasetMade>('create_dataset', {
    ...{ name: 'errands.csv', content: 'id,subject\n1,Mail 1\n2,Mail 2\n3,Mail 3\n' },
  });
  const plan = {
    ...{ version: 2, classifier: { kind: 'rules', otherwise: 'answer' } },
    categories: [
      {
        name: 'answer',
        action: {
          ...{ connector: 'agent', connection: null, do: 'do', honoursKeys: false },
          with: { instruction: 'Answer {{subject}}.', fields: ['id'] },
        },
      },
    ],
    ...{ chunking: { by: 'size', maxItems: 3 }, execution: { first: 0, concurrency: 2 }, gates: { next: 'parallel' } },
  };
  const { batch } = await boss.call<BatchMade>('create_batch', { dataset: dataset.id, name: 'Errands', plan, start: true });
  const take = (caller: Caller, worker: string) => caller.call<ErrandGiven>('next_errand', { batch, worker });
  expect((await take(boss, 'one')).given).toBeNull();
  await page.goto(`/batches/${batch}/chunks/1`);
  // It can't be undone: somebody marks one of them first, and types how many.
  await categoryOf(page, 'answer').click();
  await page.getByRole('listbox', { name: 'Items in answer' }).getByRole('option').first().click();
  await page.keyboard.press('a');
  await lookAt(page, 'answer');
  await decision(page).getByRole('button').first().click();
  const question = page.getByRole('dialog');
  await question.getByLabel('Type 3 to continue').fill('3');
  await question.getByRole('button', { name: 'Cancel' }).locator('xpath=preceding-sibling::button').click();
  await expect(question).toBeHidden();
  await page.goto(`/batches/${batch}`);
  await expect(page.getByText('waiting for an agent').first()).toBeVisible();

  const answered = async (caller: Caller, worker: string, result: 'done' | 'failed'): Promise<void> => {
    await expect(async () => expect((await take(caller, worker)).given).not.toBeNull()).toPass();
    const { given } = await take(caller, worker);
    expect(given).toMatchObject({ instruction: `Answer Mail ${given?.ordinal}.`, fields: { id: `${given?.ordinal}` } });
    caller.loseNext();
    const said = { batch, errand: given?.errand, result, words: `Of Mail ${given?.ordinal}.` };
    expect(await caller.call<ErrandRecorded>('answer_errand', said)).toEqual({ recorded: false, already: true });
  };
  const [first, second] = await Promise.all([take(boss, 'one'), take(other, 'two')]);
  expect(new Set([first, second].map(({ given }) => given?.ordinal))).toEqual(new Set([1, 2]));
  await expect(page.getByRole('list', { name: 'Agents' })).toContainText(/Agent (one|two) has the errand of item 1 of chunk 1/);
  await expect(page.getByRole('list', { name: 'Agents' })).toContainText(
    'a person is asked what became of it. 1 more errand of the chunk',
  );
  await page.goto('/admin');
  await expect(page.getByRole('table', { name: 'Agents' })).toContainText('Errands, chunk 1, errand of item 1');
  await page.goto(`/batches/${batch}`);
  await answered(boss, 'one', 'done');
  await answered(other, 'two', 'failed');
  await answered(boss, 'one', 'done');
  await untilSettled(page, { approved: 3, done: 2 });
  await page.goto(`/batches/${batch}?tab=failed`);
  await expect(page.getByText('The agent says that it did not do it.').first()).toBeVisible();
  for (const caller of [boss, other]) await caller.close();
});
