import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { sampleMailbox } from '#lib/ingest/sample.ts';
import { canonicalBytes, leafHash } from '#lib/ledger/canonical.ts';
import { atSize, FULL } from '#test/size.ts';
import { approve, categoryOf, countIn, decision, lookAt, releaseRest } from './checkpoint.ts';
import { download, entriesOf } from './downloads.ts';
import { ADMIN, expect, signIn, test } from './fixtures.ts';
import { untilSettled } from './sum.ts';

// One mailbox from its upload to its last receipt: each story goes on where the one before it stopped.
test.describe.configure({ mode: 'serial' });

/** All of the sample, by the button that gives it; in `npm test` every twelfth mail of it, as a file that somebody has. */
const MAILS = atSize(504, 6_046);
const COUNT = MAILS.toLocaleString('en-GB');

async function everyTwelfth(): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of sampleMailbox() ?? []) pieces.push(piece);
  const mails = Buffer.concat(pieces)
    .toString('latin1')
    .split(/^(?=From )/m);
  return Buffer.from(mails.filter((_, index) => index % 12 === 0).join(''), 'latin1');
}

let batch = { id: '', path: '' };
let pilot = 0;

test(`A stranger signs in, tries ${COUNT} real mails, and sees the first checkpoint in five clicks`, async ({ page }, info) => {
  let clicks = 0;
  const click = async (role: 'link' | 'button', name: string | RegExp) => {
    await page.getByRole(role, { name }).click();
    clicks += 1;
  };
  await signIn(page, ADMIN);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Datasets' }).click();
  clicks += 1;
  if (FULL) await click('button', 'Try 6,046 real mails');
  else {
    await expect(page.getByRole('button', { name: 'Try 6,046 real mails' })).toBeEnabled();
    const choosing = page.waitForEvent('filechooser');
    await click('button', 'Choose a file');
    await (await choosing).setFiles({ name: 'sample.mbox', mimeType: 'application/mbox', buffer: await everyTwelfth() });
  }
  // Its first rows are there before its last.
  await expect(page.getByRole('heading', { name: 'sample.mbox', level: 1 })).toBeVisible();
  await expect(page.getByText(new RegExp(`^${COUNT} mails · [\\d.]+ MB$`))).toBeVisible();
  await click('link', 'Plan a batch');

  // Nobody has to fill in anything.
  await expect(page.getByLabel('Name of the batch')).toHaveValue('Classify sample');
  for (const name of ['task', 'fyi', 'noise'])
    await expect(page.getByRole('button', { name: new RegExp(`^[\\d,]+ mails classified as ${name}: show them$`) })).toHaveCount(
      2,
    );
  await expect(page.getByRole('button', { name: /^Chunks by month \d+ chunks · \d+ decisions · about/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Start pilot: classifies [\d,]+ mails, changes nothing$/ })).toBeEnabled();
  await click('button', /^Start pilot/);
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  await expect(page.getByText('No action has been approved. Nothing has been sent.')).toBeVisible();
  await click('link', 'Review next');

  await expect(decision(page)).toBeVisible();
  expect(clicks).toBeLessThanOrEqual(5);
  await expect(page.getByText('Nothing has been sent', { exact: true })).toBeVisible();
  const total = await Promise.all(['task', 'fyi', 'noise'].map((name) => countIn(page, name)));
  const title = (await page.getByRole('heading', { level: 1 }).textContent()) ?? '';
  expect(title).toContain(`${total.reduce((sum, count) => sum + count, 0)} mails`);
  await expect(categoryOf(page, 'noise')).toContainText('move to the archive shelf can be undone');
  await expect(categoryOf(page, 'task')).toContainText('create a follow-up task, then move to the archive shelf can be undone');
  await expect(categoryOf(page, 'fyi')).toContainText('no action');
  const samples = page.getByRole('listbox', { name: 'Items in noise' });
  await expect(samples.getByRole('option', { name: /^random, / }).first()).toBeVisible();
  await expect(
    page.getByRole('button', { name: `Archive ${total[2]}, create a task for ${total[0]}, then archive…` }),
  ).toBeEnabled();

  const [, id = '', number = ''] = /batches\/([0-9a-f-]+)\/chunks\/(\d+)/.exec(page.url()) ?? [];
  batch = { id, path: `/batches/${id}` };
  pilot = Number(number);
  info.annotations.push({ type: 'chunk', description: title });
});

test('A correction moves the counts, three of each kind run first, and the rest goes once a person has seen them', async ({
  desk: page,
}) => {
  await page.goto(`${batch.path}/chunks/${pilot}`);
  await lookAt(page, 'task', 'noise');
  const [fyi, noise, task] = [await countIn(page, 'fyi'), await countIn(page, 'noise'), await countIn(page, 'task')];
  await page.getByRole('listbox', { name: 'Items in noise' }).getByRole('option').nth(1).click();
  await page.getByRole('group', { name: 'Category of this item' }).getByRole('button', { name: 'fyi' }).click();
  await expect(categoryOf(page, 'fyi')).toContainText(String(fyi + 1));
  await expect(categoryOf(page, 'noise')).toContainText(String(noise - 1));
  await expect(page.getByRole('option', { name: /→ fyi/ })).toBeVisible();

  await page.getByRole('button', { name: `Archive ${noise - 1}, create a task for ${task}, then archive…` }).click();
  const question = page.getByRole('dialog', { name: `Archive ${noise - 1} mails, create a task for ${task}, then archive?` });
  const running = 3 + Math.min(3, task);
  await expect(question).toContainText('then we stop and show you.');
  await expect(question).toContainText(`Archive ${noise - 1} mails (noise)`);
  await question.getByRole('button', { name: `Run the first ${running}` }).click();

  const first = page.getByRole('region', { name: 'The first receipts' });
  const receipts = first.getByRole('listitem');
  await expect(receipts).toHaveCount(running);
  await expect(receipts.filter({ hasText: /^Done\s*Archived: \d{4}-\d\d-\d\d \| / })).toHaveCount(3);
  await expect(first).toContainText('Nothing else has been sent.');
  await first.getByRole('button', { name: `Run the other ${noise - 1 + task - running}` }).click();
  await expect(page.getByText(`${noise - 1 + task} of ${noise - 1 + task} done`)).toBeVisible();
});

test('One chunk is classified again by the rules, with a note, one is closed, one waits reviewed, and the page follows until every chunk is decided', async ({
  desk: page,
  rest,
}) => {
  await page.goto(batch.path);
  const chunks = page.getByRole('list', { name: 'Chunks' }).getByRole('listitem');
  await expect(chunks.first()).toBeVisible();
  const count = await chunks.count();
  await expect(chunks.filter({ hasText: 'Awaiting review' })).toHaveCount(count - 1);
  await expect(page.getByText(`Needs you: ${count - 1} reviews`)).toBeVisible();
  const others = Array.from({ length: count }, (_, index) => index + 1).filter((number) => number !== pilot);
  const [back, closed, continued, ...remaining] = others as [number, number, number, ...number[]];

  // In `npm test` carry.spec.ts changes the rules.
  if (FULL) {
    await page.goto(`${batch.path}/chunks/${back}`);
    await page.getByRole('button', { name: 'Change the rules…' }).click();
    const rules = page.getByRole('dialog');
    await rules.getByLabel('Why? (kept with the receipt)').fill('Not every list is noise.');
    await rules.getByRole('button', { name: 'Show what would change' }).click();
    await expect(rules.getByRole('region', { name: 'What would change' })).toContainText('1 chunk');
    await rules.getByRole('button', { name: 'Use these rules, classify 1 chunk again' }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(page.getByText('note: Not every list is noise.')).toBeVisible();
    // Classified again, it is back for review.
    await expect(decision(page)).toBeVisible();
  }

  await page.goto(`${batch.path}/chunks/${closed}`);
  await page.getByRole('button', { name: 'More decisions' }).click();
  await page.getByRole('menuitem', { name: 'Close without executing…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close without executing' }).click();
  await expect(page.getByText('Closed without executing')).toBeVisible();

  await page.goto(`${batch.path}/chunks/${continued}`);
  await page.getByRole('button', { name: 'Next chunk only' }).click();
  await expect(page.getByText('Reviewed, not executed')).toBeVisible();

  // The rest by one decision of a script, while a person watches the batch's page.
  await page.goto(batch.path);
  await expect(chunks.filter({ hasText: 'Reviewed, not executed' })).toHaveCount(1);
  const looked = await Promise.all([back, ...remaining].map((n) => rest.untilChunk(batch.id, n, 'awaiting_review')));
  const decided = looked.map(({ number, digest, revision, samples }) => ({
    ...{ number, revision, digest: digest ?? '' },
    seen: samples.map(({ ordinal }) => ordinal),
  }));
  const params = { id: batch.id };
  const answer = await rest.api.batches.decide({ params, body: { chunks: decided, next: true, execute: true } });
  expect(answer).toMatchObject({ decided: [back, ...remaining], dropped: [] });
  await expect(chunks.filter({ hasText: 'First done, waiting for release' }).first()).toBeVisible();
  await page.getByRole('link', { name: 'Review next' }).click();
  await releaseRest(page);

  await page.goto(batch.path);
  await expect(chunks.filter({ hasText: 'Done' })).toHaveCount(count - 2);
  await expect(page.getByText('Finished', { exact: true })).toBeHidden();
  await page.getByRole('link', { name: 'Review next' }).click();
  await expect(page).toHaveURL(new RegExp(`/chunks/${continued}$`));
  const acting = (await rest.api.chunks.read({ ...params, n: continued })).categories.filter(
    ({ action, count: items }) => action !== null && items > 0,
  );
  await lookAt(page, ...acting.map(({ name }) => name));
  await approve(page);
  await releaseRest(page);
  await page.getByRole('link', { name: 'Classify sample' }).click();
  await expect(page.getByText('Finished', { exact: true })).toBeVisible();
});

test('Every action has one intent and one outcome, and the page says that the sum adds up', async ({ desk: page }) => {
  await page.goto(batch.path);
  const sum = await untilSettled(page, { skipped: 0, failed: 0, uncertain: 0, 'not executed': 0 });
  expect(sum.done).toBe(sum.approved);
  expect(sum.approved).toBeGreaterThan(atSize(300, 4_000));
  // The categories make up the file, and of those with an action not more were approved than there are.
  const rows = page.getByRole('region', { name: 'Categories' });
  const numberIn = (text: string | null) => Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));
  const parts = await rows.getByRole('listitem').allTextContents();
  const counts = parts.map((text) => Number(/([\d,]+)(?:no action|[A-Za-z]|$)/.exec(text)?.[1]?.replaceAll(',', '')));
  expect(counts.reduce((all, part) => all + part, 0)).toBe(numberIn(await rows.getByRole('paragraph').first().textContent()));
  const acting = counts.filter((_, at) => !/no action/.test(parts[at] ?? ''));
  expect(acting.reduce((all, part) => all + part, 0)).toBeGreaterThanOrEqual(sum.approved);

  await page.getByRole('link', { name: 'Download receipts' }).click();
  await expect(page.getByRole('heading', { name: 'The mails themselves, by category' })).toBeVisible();
  const lines = (await download(page, 'JSONL')).toString('utf8').trimEnd().split('\n');
  const receipts = lines.map((line) => JSON.parse(line));
  const summary = receipts.pop();
  expect(summary).toMatchObject({
    kind: 'summary',
    unresolved: [],
    sum: { approved: sum.approved, done: sum.done, addsUp: true },
  });

  const steps = new Map<number, { kind: string; leaf: string; intent?: string; result?: string }[]>();
  const last = new Map<number, number>();
  const wrong: unknown[] = [];
  for (const { seq, leaf, fields: _, ...body } of receipts) {
    // Whoever has the line can compute its leaf again, and a chunk's receipts are numbered without a gap.
    if (leafHash(canonicalBytes(body)).toString('hex') !== leaf) wrong.push({ seq, leaf, body });
    if (seq !== (last.get(body.chunk) ?? 0) + 1) wrong.push({ chunk: body.chunk, seq, after: last.get(body.chunk) });
    last.set(body.chunk, seq);
    if (body.ordinal !== undefined) steps.set(body.ordinal, [...(steps.get(body.ordinal) ?? []), { ...body, leaf }]);
  }
  for (const [ordinal, [intent, outcome, ...more]] of steps) {
    const paired = intent?.kind === 'intent' && outcome?.kind === 'outcome' && outcome.intent === intent.leaf;
    if (!paired || outcome.result !== 'succeeded' || more.length > 0) wrong.push({ ordinal, intent, outcome, more });
  }
  expect(wrong).toEqual([]);
  expect(steps.size).toBe(sum.approved);

  const csv = (await download(page, 'CSV')).toString('utf8');
  expect(csv.match(/,succeeded,/g)?.length).toBe(sum.done);
  const body = (await download(page, 'Markdown')).toString('utf8');
  expect(body.match(/^- (Archived|Task created, item archived): /gm)?.length).toBe(sum.done);
  expect(body).toMatch(/^- Archived: 2002-\d\d-\d\d \| \S+@\S+ \| .+$/m);
});

test('The task body, the scratchpad and the mails themselves can be taken away, and read back', async ({
  desk: page,
  rest,
}, info) => {
  await page.goto(batch.path);
  await page.getByRole('link', { name: 'Task body' }).click();
  await expect(page.getByText(/^- Archived: 2002-\d\d-\d\d \| /m).first()).toBeVisible();

  await page.getByRole('link', { name: 'Downloads' }).click();
  const files = entriesOf(await download(page, 'ZIP'));
  const { counts, total } = await rest.api.chunks.read({ id: batch.id, n: pilot });
  expect(Object.values(counts).every((count) => count > 0)).toBe(true);
  const stem = `chunk-${String(pilot).padStart(2, '0')}`;
  expect(JSON.parse(files.get(`${stem}-summary.json`) ?? 'null')).toEqual({ processed: total, categories: counts });
  expect(files.get(`${stem}-details.md`)).toContain('it came through a mailing list');
  expect(files.has('chunk-01-summary.json')).toBe(true);

  // What was written, and what checks it without us: a page from the zip, opened as a file, that is given the zip.
  const trail = await download(page, 'Download the trail');
  const start = info.outputPath('START-HERE.html');
  writeFileSync(start, entriesOf(trail).get('START-HERE.html') ?? '');
  const outside = await page.context().newPage();
  await outside.goto(pathToFileURL(start).href);
  const give = (buffer: Buffer) =>
    outside.getByLabel('Drop the zip').setInputFiles({ name: 'trail.zip', mimeType: 'application/zip', buffer });
  await give(trail);
  await expect(outside.getByRole('status')).toContainText(/✔ The trail of “.+” holds\. [\d,]+ receipts of \d+ chunks/, {
    timeout: 60_000,
  });
  await give(trail.subarray(0, -200));
  await expect(outside.getByRole('status')).toContainText('The zip ends early');
  await outside.close();

  const mailbox = await download(page, 'task, mbox');
  const tasks = (await download(page, 'task, jsonl')).toString('utf8').trimEnd().split('\n').length;
  expect(await rest.upload('task.mbox', mailbox)).toMatchObject({ state: 'ready', format: 'mbox', items: tasks, unreadable: 0 });
});
