import { expect, test } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, workUntil } from '#test/fixtures/started-batch.ts';
import { previewBatch } from './preview-batch.ts';

const { pool } = await testDatabase();

const HEAD = ['Last Reply', 'Closed', 'amount', 'on', 'at', 'seen', 'zoned', 'mixed', 'padded', 'subject'];

/** Forty tickets: days that begin with the day, days of ISO 8601, moments, moments of two zones, and days of which one is odd. */
async function tickets(): Promise<string> {
  const rows = Array.from({ length: 40 }, (_, index) => {
    const [month, day] = [`0${1 + (index % 9)}`, String(1 + (index % 28)).padStart(2, '0')];
    return [
      `${day}/${month}/2026`,
      index % 4 === 0 ? '-' : `${day}/${month}/2026`,
      String(9 + 37 * index),
      `2026-${month}-${day}`,
      index === 3 ? '' : `2026-${month}-${day}T10:00:00Z`,
      `2026-${month}-${day}T11:30:00Z`,
      `2026-${month}-${day}T10:00:00${index % 2 === 0 ? '+01:00' : '+02:00'}`,
      index === 39 ? '5 March 2026' : `2026-${month}-${day}`,
      index === 38 ? ' ' : `2026-${month}-${day}`,
      `ticket ${index}`,
    ];
  });
  const text = [HEAD, ...rows].map((row) => `${row.join(',')}\n`).join('');
  async function* source() {
    yield Buffer.from(text);
  }
  return (await uploadDataset(ADA, { name: 'tickets.csv', source: source() })).id;
}

const datasetId = await tickets();

const planOf = (...whens: string[]): PlanInput => ({
  classifier: { kind: 'rules', rules: whens.map((when) => ({ when, category: 'close' })), otherwise: 'keep' },
  categories: [{ name: 'close', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  chunking: { by: 'size', maxItems: 20 },
});

async function refusal(act: Promise<unknown>): Promise<CountersignError> {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CountersignError) return error;
  throw error ?? new Error('It was not refused.');
}

const refused = async (when: string) => (await refusal(previewBatch(ADA, { datasetId, plan: planOf(when) }))).problems;

test('days that begin with the day are not compared as text: not in a preview, not in a batch', async () => {
  const plan = planOf('item.subject != ""', 'item["Last Reply"] != "" && item["Last Reply"] < "2026-08-01"');
  const problem = {
    path: 'classifier.rules.1.when',
    line: 1,
    column: 47,
    message: expect.stringMatching(
      /^Rule 2, column 47: this compares text, not dates: .*“Last Reply”, such as “01\/01\/2026”.*starts with.*matches \(regex\)/,
    ),
  };
  const inputs = { datasetId, plan };
  const before = (await pool.query('SELECT count(*) FROM batch')).rows;
  for (const act of [
    () => previewBatch(ADA, inputs),
    () => createBatch(ADA, { ...inputs, name: 'Close' } as never),
    () => createBatch(ADA, { ...inputs, name: 'Close', start: true } as never),
  ]) {
    const error = await refusal(act());
    expect(error.code).toBe('invalid');
    expect(error.problems).toEqual([problem]);
  }
  expect((await pool.query('SELECT count(*) FROM batch')).rows).toEqual(before);
});

test.each([
  ['a number', 'item.amount > "1000"', /not numbers: .*“amount”, such as “9”.*number\(item\.amount\)/],
  ['both ways round', '"2026-08-01" > item["Last Reply"]', /not dates/],
  ['a negation', '!(item["Last Reply"] >= "01/08/2026")', /not dates/],
  ['a ternary', '(item.subject == "" ? item.subject : item["Last Reply"]) < "2026-08-01"', /not dates/],
  ['a loop', '["2026-08-01"].exists(x, item["Last Reply"] < x)', /not dates/],
  ['a loop over the field', '[item["Last Reply"]].exists(x, x < "2026-08-01")', /not dates/],
  ['a loop over names', '["Last Reply"].exists(name, item[name] < "2026-08-01")', /not dates/],
  ['a loop over all names', 'item.exists(name, item[name] < "b")', /not dates/],
  ['a loop whose variable is called item', '[item["Last Reply"]].exists(item, item < "2026-08-01")', /“Last Reply”/],
  ['a part of such a variable', '[{"subject": item["Last Reply"]}].exists(item, item.subject < "b")', /“Last Reply”/],
  ['a made list', '[item["Last Reply"]].map(x, x.trim())[0] < "2026-08-01"', /not dates/],
  ['a map', '{"x": item["Last Reply"]}.x < "2026-08-01"', /not dates/],
  ['calls on it', 'item["Last Reply"].trim().lower() < "2026-08-01"', /not dates/],
  ['parts of it', 'item["Last Reply"].substring(0, 5) < "31/12"', /not dates/],
  ['an addition', 'item["Last Reply"] + "" < "2026-08-01"', /not dates/],
  ['bytes', 'bytes(item["Last Reply"]) < b"2026-08-01"', /not dates/],
  ['a number made text again', 'string(int(item.amount)) < "1000"', /not numbers/],
  ['two fields', 'item.on < item["Last Reply"]', /not dates: .*“Last Reply”/],
  ['two forms', 'item.on < item.at', /not dates: .*YYYY-MM-DD and YYYY-MM-DDThh:mm:ssZ/],
  ['two zones', 'item.zoned < "2026-08-01"', /not dates: .*“zoned”, such as “2026-02-02T10:00:00\+02:00”/],
  ['one odd value', 'item.mixed < "2026-08-01"', /not dates: .*“mixed”, such as “5 March 2026”/],
  ['one blank value', 'item.padded < "2026-08-01"', /not dates: .*“padded”/],
  ['text of which some are days', 'item.Closed < "2026-08-01"', /not dates: .*“Closed”/],
  ['a constant of another form', 'item.on < "01/08/2026"', /not dates: .*“on”.*YYYY-MM-DD.*“01\/08\/2026”/],
  ['a day that does not exist', 'item.on < "2026-13-01"', /not dates: .*“2026-13-01”/],
  ['another zone', 'item.at < "2026-08-01T00:00:00+02:00"', /not dates: .*YYYY-MM-DDThh:mm:ssZ/],
  ['more than the field has', 'item.on < "2026-08-01T00:00:00Z"', /not dates/],
  ['after a day, where the values have a time', 'item.at > "2026-08-01"', /not dates: “2026-08-01” is shorter than/],
  ['up to a day, where the values have a time', 'item.at <= "2026-08-01"', /is shorter than/],
  ['what lower does to the T', 'item.at.lower() < "2026-08-01T00:00:00Z"', /not dates/],
  ['a constant that is made', 'item.on < "2026-" + "08-01"', /not dates/],
])('%s is refused: %s', async (_, when, message) => {
  const problems = await refused(when);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.path).toBe('classifier.rules.0.when');
  expect(problems[0]?.message).toMatch(message);
});

test.each([
  ['item.on < "2026-08-01"', 32],
  ['item.on != "" && item.on < "2026-05"', 20],
  ['item.on > "2026-08-01"', 8],
  ['"2026-08-01" <= item.on', 8],
  ['item.at != "" && item.at < "2026-08-01"', 31],
  ['item.at > "2026-08-01T00:00:00Z"', 8],
  ['item.at < item.seen', 40],
  ['["2026-05-01", "2026-03-01"].all(x, item.on < x)', 10],
  ['(item.subject == "" ? item.on : item.on.trim()) < "2026-08-01"', 32],
  ['number(item.amount) > 1000', 13],
  ['double(item.amount) > 1000.0', 13],
  ['int(item.amount) > 1000', 13],
  ['number(item["Last Reply"].substring(6, 10) + item["Last Reply"].substring(3, 5)) < 202608', 32],
  ['item["Last Reply"].size() > 3', 40],
  ['item["Last Reply"].indexOf("2026") >= 6', 40],
  ['timestamp(item.zoned) < timestamp("2026-08-01T00:00:00Z")', 32],
  ['timestamp(item.zoned) - timestamp(item.seen) < duration("0s")', 40],
  ['item["Last Reply"].matches("/0[1-7]/2026")', 32],
  ['item.subject > "ticket 5"', 4],
])('%s is asked of dates, numbers or plain text, and goes on to be allowed', async (when, count) => {
  const { sort } = await previewBatch(ADA, { datasetId, plan: planOf(when) });
  expect(sort.categories[0]?.count).toBe(count);
  expect(sort.rules).toEqual([count]);
});

/** A profile as it was written before anybody looked whether the texts sort. */
const olderProfile = (id: string, type: string) =>
  pool.query('UPDATE dataset SET fields = $2 WHERE id = $1', [
    id,
    JSON.stringify(HEAD.map((name) => ({ name, type: name === 'on' ? type : 'text', filled: 40, top: [], exact: false }))),
  ]);

test('a dataset that was profiled before says that it is not known to sort', async () => {
  const id = await tickets();
  await olderProfile(id, 'date');
  const error = await refusal(previewBatch(ADA, { datasetId: id, plan: planOf('item.on < "2026-08-01"') }));
  expect(error.message).toMatch(/not dates: .*“on”.*Upload the file again/);
});

test('a batch that runs already runs on, and one that was only proposed is refused at its start', async () => {
  const id = await tickets();
  await olderProfile(id, 'text');
  const input = { datasetId: id, name: 'Close', plan: planOf('item.on < "b"') };
  const running = await createBatch(ADA, { ...input, start: true } as never);
  const proposed = await createBatch(ADA, input as never);
  await olderProfile(id, 'date');
  const error = await refusal(startBatch(ADA, { batchId: proposed.id }));
  expect(error).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/Rule 1, column 9: this compares text, not dates/),
  });
  expect(error.problems).toMatchObject([{ path: 'classifier.rules.0.when', column: 9 }]);
  expect((await pool.query('SELECT state FROM batch WHERE id = $1', [proposed.id])).rows).toEqual([{ state: 'proposed' }]);
  await workUntil(pool, async () => (await chunkStates(pool, running.id)).includes('awaiting_review'));
  await cancel(ADA, { batchId: running.id });
});
