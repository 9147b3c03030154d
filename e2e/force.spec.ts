import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from '@playwright/test';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { atSize } from '#test/size.ts';
import { type RunningTarget, startTarget } from '#test/target.ts';
import { approveUndo, decision, lookAt } from './checkpoint.ts';
import { test as base, expect } from './fixtures.ts';
import { httpPlan } from './rest.ts';
import { readSum, sumLine, untilSettled, untilSum } from './sum.ts';

/** Told by `npm run proof` only (docs/tests.md). */
const PROOF = '@proof';

type Options = Omit<Parameters<typeof startTarget>[0], 'log'>;

/** Stories against somebody else's server, a process of its own that logs what really happened. */
const test = base.extend<{ start(options: Options): Promise<RunningTarget> }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from the pattern
  start: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-e2e-target-'));
    let target: RunningTarget | undefined;
    await use(async (options) => {
      target = await startTarget({ ...options, log: join(folder, 'effects.jsonl') });
      return target;
    });
    await target?.stop();
    rmSync(folder, { recursive: true, force: true });
  },
});

for (const { mode, what } of [
  { mode: 'timeout-after', what: 'never answers' },
  { mode: 'reset-after', what: 'hangs up' },
] as const) {
  const tag = mode === 'reset-after' ? PROOF : [];
  test(`A target that acts and ${what} leaves uncertain actions, a person answers them, and nothing is sent again`, {
    tag,
  }, async ({ desk: page, rest, start }) => {
    const name = `Silence, ${mode}`;
    const target = await start({ mode });
    const id = await rest.startBatch({ name, rows: 6, plan: httpPlan(target.url, { concurrency: 6 }, { timeoutMs: 2_000 }) });
    await rest.approve(id, 1);
    await rest.untilChunk(id, 1, 'unresolved');
    await expect.poll(() => target.lines()).toHaveLength(6);

    await page.goto('/');
    await page.getByRole('link', { name: new RegExp(`^${name}, Uncertain: .*6 requests went out and no answer came`) }).click();
    await expect(page.getByText('We sent this and heard nothing. It may have happened.')).toBeVisible();
    await untilSum(page, { approved: 6, uncertain: 6 });
    const boxes = page.getByRole('region', { name: 'Uncertain' }).getByRole('checkbox');
    await expect(boxes).toHaveCount(6);
    await expect(page.getByRole('button', { name: 'It happened' })).toBeDisabled();
    await page.getByRole('checkbox', { name: /\bmail 2\b/ }).check();
    await page.getByRole('checkbox', { name: /\bmail 5\b/ }).check();
    await page.getByLabel('How do you know? (kept in the receipt)').fill('seen in their list');
    await page.getByRole('button', { name: 'It happened (2)' }).click();
    await expect(boxes).toHaveCount(4);
    await expect(sumLine(page)).toContainText(/\b2 done/);
    const cause = { 'timeout-after': /^4 not answered in time, /, 'reset-after': /^4 whose connection broke, / }[mode];
    await page.getByRole('button', { name: cause }).click();
    await page.getByRole('button', { name: "It didn't (4)" }).click();

    await expect(page.getByText('Finished', { exact: true })).toBeVisible();
    await untilSettled(page, { approved: 6, done: 2, uncertain: 0, 'not executed': 4 });
    await page.getByRole('link', { name: 'Receipts', exact: true }).click();
    await expect(page.getByText('Not executed, as a person says: mail 1')).toBeVisible();
    await expect(page.getByText('Sent POST, as a person says: mail 2')).toBeVisible();
    expect(target.lines()).toHaveLength(6);
  });
}

test('A target that could not say what it did is asked again, and what it confirms is done', { tag: PROOF }, async ({
  desk: page,
  rest,
  start,
}) => {
  const target = await start({ mode: '500-after' });
  await target.lookup('broken');
  const plan = httpPlan(target.url, { concurrency: 4 }, { inspect: { url: `${target.url}/by-key/{{idempotencyKey}}` } });
  const id = await rest.startBatch({ name: 'Asked again', rows: 4, plan });
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'unresolved');

  await page.goto(`/batches/${id}?tab=uncertain`);
  const boxes = page.getByRole('region', { name: 'Uncertain' }).getByRole('checkbox');
  await expect(boxes).toHaveCount(4);
  await expect(page.getByText('The target could not say whether it happened (HTTP 500).').first()).toBeVisible();
  await page.getByText('What is known of mail 1').click();
  await expect(page.getByText('{"subject":"mail 1"}')).toBeVisible();
  await page.getByRole('button', { name: /^4 answered with HTTP 500, / }).click();
  await page.getByRole('button', { name: 'Ask the target again (4)' }).click();
  await expect(page.getByText('The target was asked: 4 unclear.')).toBeVisible();
  await expect(boxes).toHaveCount(4);

  await target.lookup('true');
  await page.getByRole('button', { name: 'Ask the target again (4)' }).click();
  await expect(page.getByText('The target was asked: 4 happened.')).toBeVisible();
  await untilSettled(page, { approved: 4, done: 4, uncertain: 0 });
  expect(target.lines()).toHaveLength(4);
  await page.getByRole('link', { name: 'Receipts', exact: true }).click();
  await expect(page.getByText(/^Sent POST, as the target says: mail \d$/)).toHaveCount(4);
});

test('A POST is seen in full before it is approved, is found in full on its receipt, and a No leaves the rest unsent', async ({
  desk: page,
  rest,
  start,
}) => {
  const target = await start({});
  const plan = httpPlan(target.url, { first: 3 }, { inspect: { url: `${target.url}/by-key/{{subject}}` } });
  const id = await rest.startBatch({ name: 'Seen in full', rows: 5, plan });
  await rest.untilChunk(id, 1, 'awaiting_review');
  await page.goto(`/batches/${id}/chunks/1`);
  const sent = page.getByRole('region', { name: 'What is sent' });
  await expect(sent).toContainText(`POST ${target.url}/rows`);
  await expect(sent).toContainText('idempotency-key made when it is sent, one for each attempt');
  await expect(sent.getByRole('region', { name: 'Body of the request' })).toContainText(/"subject": "mail \d"/);
  await sent.getByRole('button', { name: 'What is there now?' }).click();
  await expect(sent).toContainText('There now: HTTP 404');

  // It can't be undone: somebody marks one of them first.
  await page.keyboard.press('a');
  await lookAt(page, 'send');
  await decision(page).getByRole('button').first().click();
  const question = page.getByRole('dialog');
  await expect(question.getByRole('region', { name: 'A request of send' })).toContainText(`POST ${target.url}/rows`);
  await expect(question).toContainText('The other 4 differ in: subject.');
  await question.getByLabel('Run first').selectOption('1 of each target');
  await question.getByLabel('Type 5 to continue').fill('5');
  await question.getByRole('button', { name: /first 1/ }).click();

  const first = page.getByRole('region', { name: 'The first receipts' });
  await first.getByRole('link').click();
  await expect(page.getByRole('region', { name: 'What was sent' })).toContainText(`POST ${target.url}/rows`);
  await expect(page.getByRole('region', { name: 'What was sent' })).toContainText(target.lines()[0]?.key ?? 'no key');
  await expect(page.getByRole('region', { name: 'What the target answered' })).toContainText('HTTP 201');
  await page.goBack();
  await first.getByRole('button', { name: 'No: stop…' }).click();
  await question.getByRole('button', { name: 'Leave the other 4 unsent' }).click();
  await expect(first).toBeHidden();
  await rest.untilChunk(id, 1, 'cancelled');
  expect(target.lines()).toHaveLength(1);
});

test('Pause lets nothing new out, Resume goes on, and Stop says what will not start', async ({ desk: page, rest, start }) => {
  // It is not done before somebody has pressed twice: that takes a minute.
  const target = await start({ latencyMs: 400 });
  const rows = 300;
  const id = await rest.startBatch({ name: 'A slow target', rows, plan: httpPlan(target.url, { concurrency: 2 }) });
  await rest.approve(id, 1);
  await page.goto(`/batches/${id}`);
  await expect(sumLine(page)).toContainText(/[1-9]\d* done/);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  // What was out comes in and is counted; then all is still.
  await rest.untilChunk(id, 1, 'paused');
  await untilSum(page, { done: target.lines().length, 'in flight': 0 });
  const paused = await readSum(page);
  await page.getByRole('link', { name: 'Plan', exact: true }).click();
  await expect(page.getByText('A chunk sends at most 2 requests at a time.')).toBeVisible();
  await page.getByRole('link', { name: 'Chunks', exact: true }).click();
  await untilSum(page, paused);
  expect(target.lines()).toHaveLength(paused.done);

  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(async () => (await readSum(page)).done).toBeGreaterThan(paused.done);
  await page.getByRole('button', { name: 'Stop…' }).click();
  const question = page.getByRole('dialog', { name: 'Stop A slow target?' });
  await expect(question).toContainText(/\d+ requests? (is|are) already out and will finish\. \d+ will not start\./);
  await question.getByRole('button', { name: 'Stop sending' }).click();
  await expect(question).toBeHidden();
  await expect(page.getByRole('button', { name: 'Stop…' })).toBeHidden();
  await rest.untilChunk(id, 1, 'cancelled');
  const sum = await untilSettled(page, { approved: rows, failed: 0, uncertain: 0, done: target.lines().length });
  expect(sum['not executed']).toBeGreaterThan(0);
});

test('One chunk is paused, goes on and is stopped from its own page, and the others go on', { tag: PROOF }, async ({
  desk: page,
  rest,
  start,
}) => {
  const target = await start({ latencyMs: 200 });
  const plan = httpPlan(target.url, { concurrency: 1 });
  const halves = { ...plan, chunking: { by: 'size', maxItems: 100 }, gates: { next: 'parallel' } } as const;
  const id = await rest.startBatch({ name: 'Two halves', rows: 105, plan: halves });
  await rest.approve(id, 1);
  await page.goto(`/batches/${id}/chunks/1`);
  await page.getByRole('button', { name: 'Pause this chunk' }).click();
  await expect(page.getByText(/^Paused\. Nothing is being sent/)).toBeVisible();
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await page.getByRole('button', { name: 'Stop this chunk…' }).click();
  const question = page.getByRole('dialog');
  await expect(question).toContainText(/\d+ will not start\. A stopped chunk can't be resumed/);
  await question.getByRole('button', { name: 'Stop sending' }).click();
  await expect(question).toBeHidden();
  await rest.untilChunk(id, 1, 'cancelled');
  await expect(page.getByRole('button', { name: 'Stop this chunk…' })).toBeHidden();
  await rest.approve(id, 2);
  await rest.untilChunk(id, 2, 'done');
});

test(
  'A worker that is killed is replaced while one looks: the receipts go on, and each item is done or asked about',
  { tag: PROOF },
  async ({ desk: page, rest, start }, info) => {
    const name = 'A worker dies';
    const target = await start({ latencyMs: 200 });
    const rows = atSize(150, 400);
    const id = await rest.startBatch({ name, rows, plan: httpPlan(target.url, { concurrency: 4 }) });
    await rest.approve(id, 1);
    await page.goto(`/batches/${id}?as=table`);
    const receipts = page.getByRole('list', { name: 'Newest receipts' }).getByRole('listitem');
    await expect(receipts.filter({ hasText: 'Sent POST: ' }).first()).toBeVisible();
    await page.evaluate(() => document.documentElement.setAttribute('data-loaded', 'once'));
    const chunk = page.getByRole('region', { name: 'Chunks' }).getByRole('row').nth(1);

    const admin = await page.context().newPage();
    await admin.goto('/admin');
    const owner = admin.getByRole('row').filter({ has: admin.getByRole('link', { name: `${name}, chunk 1` }) });
    const pid = Number(await owner.getByRole('cell').nth(1).textContent());
    await expect(chunk).toContainText(`:${pid}`);
    const before = await readSum(page);
    process.kill(pid, 'SIGKILL');
    const killed = Date.now();
    await expect(chunk).not.toContainText(`:${pid}`);
    await expect(chunk).toContainText(/:\d+/);
    // Told, not judged: a slow machine is no fault of the product.
    info.annotations.push({ type: 'taken over', description: `${Date.now() - killed} ms after the kill, as the page shows it` });
    await expect.poll(async () => (await readSum(page)).done).toBeGreaterThan(before.done + 10);
    await expect(
      receipts
        .filter({ hasText: 'Uncertain' })
        .or(receipts.filter({ hasText: 'Sent POST: ' }))
        .first(),
    ).toBeVisible();

    await target.latency(0);
    const sum = await untilSettled(page, { approved: rows, failed: 0, 'not executed': 0 });
    expect(sum.uncertain).toBeLessThanOrEqual(4);
    await expect(chunk).toContainText(sum.uncertain > 0 ? 'Uncertain' : 'Done');
    if (sum.uncertain > 0)
      await expect(page.getByText(new RegExp(`^Needs you: ${sum.uncertain} actions? uncertain`))).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.getAttribute('data-loaded'))).toBe('once');
    const bodies = target.lines().map(({ body }) => body);
    expect(new Set(bodies).size).toBe(bodies.length);
    expect(bodies.length).toBeGreaterThanOrEqual(sum.done);
    const dead = admin.getByRole('row').filter({ has: admin.getByRole('cell', { name: String(pid), exact: true }) });
    await expect(dead).toContainText('Gone');
  },
);

test('What the target refused is listed by why, and another attempt does it', { tag: PROOF }, async ({
  desk: page,
  rest,
  start,
}) => {
  const target = await start({});
  await target.modeOf('/rows', 'refuse', 4);
  const id = await rest.startBatch({ name: 'Refused at first', rows: 6, plan: httpPlan(target.url, { concurrency: 1 }) });
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'done');
  await page.goto(`/batches/${id}`);
  await untilSettled(page, { approved: 6, done: 2, failed: 4 });
  await page.getByRole('link', { name: 'See why' }).click();
  const failed = page.getByRole('region', { name: 'Failed' });
  await expect(failed).toContainText('4 The target does not accept these values (HTTP 422).');
  await expect(failed.getByRole('link')).toHaveText(['mail 1', 'mail 2', 'mail 3']);
  await expect(failed).toContainText('and 1 more');
  await page.getByRole('button', { name: 'Retry the 4 that failed' }).click();
  await untilSettled(page, { approved: 6, done: 6, failed: 0 });
  await expect(failed).toBeHidden();
  expect(target.lines()).toHaveLength(6);
});

test('All workers are killed while a batch executes: others go on, a person answers what is uncertain, and the batch is undone', {
  tag: PROOF,
}, async ({ desk: page, rest, start }) => {
  const name = 'The night of the kill';
  const target = await start({ latencyMs: 250 });
  const undo = { do: 'POST' as const, url: `${target.url}/undone`, body: { subject: '{{subject}}' } };
  const id = await rest.startBatch({ name, rows: 60, plan: httpPlan(target.url, { concurrency: 4 }, { undo }) });
  const admin = await page.context().newPage();
  await admin.goto('/admin');
  const fleet = admin.getByRole('table', { name: 'Workers' }).getByRole('row');
  await expect.poll(async () => (await pidsOf(fleet)).length).toBeGreaterThanOrEqual(2);
  const pids = await pidsOf(fleet);
  await page.goto(`/batches/${id}`);
  await rest.approve(id, 1);
  await expect(sumLine(page)).toContainText(/[1-9]\d* done/);
  for (const pid of pids) kill(pid);

  // New ones are started, and one of them takes the chunk over.
  const told = page.getByRole('list', { name: 'What else happened' }).getByRole('listitem');
  await expect(
    told.filter({ hasText: /Worker \d+ went silent with \d actions? in flight; worker \d+ took over chunk 1/ }),
  ).toHaveCount(1);
  await target.latency(0);
  await rest.untilChunk(id, 1, 'unresolved');
  await expect.poll(async () => (await readSum(page)).uncertain).toBeGreaterThan(0);
  const { uncertain } = await untilSettled(page, { approved: 60, failed: 0, 'not executed': 0 });
  expect(uncertain).toBeLessThanOrEqual(4);

  // Whoever can look at the target's own log knows what became of each.
  await page.getByRole('link', { name: 'Answer the uncertain actions' }).click();
  const boxes = page.getByRole('region', { name: 'Uncertain' }).getByRole('checkbox');
  await expect(boxes).toHaveCount(uncertain);
  await expect(page.getByText('The worker was lost before it stored an answer.').first()).toBeVisible();
  const bodies = target.lines().map(({ body }) => JSON.parse(body).subject as string);
  expect(new Set(bodies).size).toBe(bodies.length);
  for (let left = uncertain; left > 0; left -= 1) {
    const subject = /mail \d+/.exec((await boxes.first().locator('..').textContent()) ?? '')?.[0] ?? '';
    await boxes.first().check();
    await page.getByLabel('How do you know? (kept in the receipt)').fill('their log');
    await page.getByRole('button', { name: bodies.includes(subject) ? 'It happened' : "It didn't" }).click();
    await expect(boxes).toHaveCount(left - 1);
  }
  const done = bodies.length;
  await untilSettled(page, { approved: 60, done, uncertain: 0, 'not executed': 60 - done });
  await expect(page.getByText('Finished', { exact: true })).toBeVisible();

  // Undone like it was done.
  await page.getByRole('button', { name: 'Undo…' }).click();
  const question = page.getByRole('dialog', { name: `Undo ${name}?` });
  await expect(question).toContainText(new RegExp(`\\b${done}\\b`));
  await question.getByRole('button', { name: 'Start the undo' }).click();
  await approveUndo(page);
  await untilSettled(page, { approved: done, done });
  const undone = target.lines().filter(({ path }) => path === '/undone');
  expect(undone.map(({ body }) => JSON.parse(body).subject).sort()).toEqual([...bodies].sort());
  await page.goto(`/batches/${id}`);
  await expect(page.getByText(`${done} of ${done} undone by Undo of ${name}.`)).toBeVisible();
});

/** Ends a process at once; one that is gone already is as good. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The processes of the workers that are alive, as the page lists them. */
async function pidsOf(rows: Locator): Promise<number[]> {
  const pids: number[] = [];
  for (const row of await rows.filter({ hasNotText: 'Gone' }).all()) {
    const cell = row.getByRole('cell').nth(1);
    if ((await cell.count()) > 0) pids.push(Number(await cell.textContent()));
  }
  return pids;
}

test('A dead target is one incident with one Resume', { tag: PROOF }, async ({ desk: page, rest, start }) => {
  const target = await start({ mode: 'deny' });
  const { host } = new URL(target.url);
  const execution = { concurrency: 1, haltAfter: { consecutive: 2, share: 1 }, retry: { attempts: 1 } };
  const plan: PlanInput = { ...httpPlan(target.url, execution), chunking: { by: 'size', maxItems: 5 } };
  const ids: string[] = [];
  for (const name of ['Refused here', 'Refused there']) {
    const id = await rest.startBatch({ name, rows: 10, plan });
    await rest.approve(id, 1);
    await rest.approve(id, 2);
    ids.push(id);
  }
  const [here = '', there = ''] = ids;

  await page.goto('/');
  const incident = page.getByRole('alert').filter({ hasText: `${host} refuses our requests (HTTP 401).` });
  await expect(incident).toContainText('4 chunks with');
  await expect(incident).toHaveCount(1);
  await expect(incident).toContainText('in 2 batches wait. Nothing is sent to the target until somebody resumes.');
  // Nobody fixed it: one request finds that out, and it is the same question.
  const asked = page.waitForResponse((response) => response.request().method() === 'POST');
  await incident.getByRole('button', { name: 'Resume' }).click();
  await asked;
  await page.goto(`/batches/${there}`);
  await expect(incident.getByRole('button', { name: 'Resume' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Resume/ })).toHaveCount(1);
  await expect(page.getByText('Waiting for its target').first()).toBeVisible();
  expect(target.lines()).toEqual([]);

  await target.mode('ok');
  await incident.getByRole('button', { name: 'Resume' }).click();
  await expect(incident).toHaveCount(0);
  const sums = [];
  for (const id of [there, here]) {
    await page.goto(`/batches/${id}`);
    sums.push(await untilSettled(page));
  }
  const done = sums.reduce((all, sum) => all + (sum.done ?? 0), 0);
  expect(sums.reduce((all, sum) => all + (sum.failed ?? 0), 0)).toBe(20 - done);
  expect(target.lines()).toHaveLength(done);
  await page.goto('/');
  await expect(page.getByText(host)).toHaveCount(0);
});
