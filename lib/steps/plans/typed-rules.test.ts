/** Rules of a plan of version 2, from the uploaded file to the classified batch. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Where } from '#lib/core/values/conditions.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, workUntil } from '#test/fixtures/started-batch.ts';
import { previewBatch } from './preview-batch.ts';
import { rowsBehind } from './rows-behind.ts';

const { pool } = await testDatabase();

const TICKETS = 1_000;
const DAY_MS = 86_400_000;
const ON = '2026-10-25';

type Ticket = {
  id: number;
  reply: string;
  day: string | null;
  vip: boolean;
  status: string;
  amount: string;
  cents: number | null;
};

/** With days, amounts and gaps that follow from its number alone. */
function ticket(id: number): Ticket {
  const day = new Date(Date.UTC(2025, 6, 1) + ((id * 7919) % 600) * DAY_MS).toISOString().slice(0, 10);
  const cents = (id * 104_729) % 500_000;
  const [euros, rest] = [Math.floor(cents / 100), String(cents % 100).padStart(2, '0')];
  const noDay = id % 100 === 50;
  const noAmount = id % 75 === 7;
  return {
    ...{ id, day: noDay ? null : day, reply: noDay ? (id % 200 === 50 ? 'unknown' : '') : day.split('-').reverse().join('/') },
    ...{ vip: id % 5 === 0, status: ['open', 'Open', 'closed', 'pending'][id % 4] ?? '', cents: noAmount ? null : cents },
    amount: noAmount ? 'n/a' : `${String(euros).replace(/\B(?=(\d{3})+$)/, '.')},${rest}`,
  };
}

const tickets = Array.from({ length: TICKETS }, (_, index) => ticket(index + 1));
const rows = tickets.map(({ id, reply, vip, status, amount }) => `T-${id};${reply};${vip ? 'yes' : 'no'};${status};"${amount}"`);

async function upload(name: string, bytes: Buffer): Promise<string> {
  async function* source() {
    yield bytes;
  }
  return (await uploadDataset(ADA, { name, source: source() })).id;
}

const datasetId = await upload('tickets.csv', Buffer.from(`Ticket;Last Reply;VIP;Status;Amount\n${rows.join('\n')}\n`));

const planOf = (rules: object[], more: object = {}) => ({
  ...{ version: 2, timeZone: 'Europe/Rome', chunking: { by: 'size', maxItems: 500 } },
  classifier: { kind: 'rules', rules: rules.map((rule) => ({ category: 'close', ...rule })), otherwise: 'keep' },
  categories: [{ name: 'close', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }, { name: 'other' }],
  ...more,
});
const where = (...conditions: Where[number]) => ({ where: [conditions] });

const OLD = { field: 'Last Reply', is: 'older_than', days: 90, on: ON } as const;
/** 90 days before 25 October 2026. */
const FIRST_DAY_KEPT = '2026-07-27';
const isOld = ({ day }: Ticket) => day !== null && day < FIRST_DAY_KEPT;

async function allRows(plan: object, of: object, limit = 400) {
  const all: Awaited<ReturnType<typeof rowsBehind>>['items'] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof rowsBehind>> = await rowsBehind(ADA, { datasetId, plan, of, cursor, limit } as never);
    all.push(...page.items);
    cursor = page.next;
    if (cursor === null) return all;
  }
}

test('“older than 90 days” over days of a country’s form counts days, in rows and in CEL', async () => {
  const old = tickets.filter(isOld);
  expect(old.length).toBeGreaterThan(500);
  for (const rule of [
    where(OLD),
    { when: `older_than(item["Last Reply"], 90, "${ON}")` },
    { when: `item["Last Reply"] < date("${FIRST_DAY_KEPT}")` },
  ]) {
    const plan = planOf([rule]);
    const { sort } = await previewBatch(ADA, { datasetId, plan });
    expect(sort.rules).toEqual([old.length]);
    expect((await allRows(plan, { rule: 0 })).map(({ ordinal }) => ordinal)).toEqual(old.map(({ id }) => id));
  }
});

test('conditions of all types together, each by its meaning', async () => {
  const asked = tickets.filter(
    (one) => isOld(one) && !one.vip && one.status.toLowerCase() === 'open' && one.cents !== null && one.cents > 100_000,
  );
  expect(asked.length).toBeGreaterThan(100);
  const conditions: Where[number] = [
    OLD,
    { field: 'VIP', is: 'no' },
    { field: 'Status', is: 'is', value: 'open' },
    { field: 'Amount', is: 'over', value: '1000' },
  ];
  const rule = {
    when: `older_than(item["Last Reply"], 90, "${ON}") && !item.VIP && item.Status.lower() == "open" && item.Amount > 1000`,
  };
  for (const one of [where(...conditions), rule]) {
    const { sort } = await previewBatch(ADA, { datasetId, plan: planOf([one]) });
    expect(sort.rules).toEqual([asked.length]);
  }
});

test('a number with thousands is one: over 1000 finds 28', async () => {
  const text = readFileSync('test/cases/16-thousands-separators.csv');
  const id = await upload('16-thousands-separators.csv', text);
  const { sort } = await previewBatch(ADA, {
    datasetId: id,
    plan: planOf([where({ field: 'amount', is: 'over', value: '1000' })]),
  });
  expect(sort.rules).toEqual([28]);
});

test('beside each rule: what it matches, where nobody knows, and what is odd about it', async () => {
  const plan = planOf([
    where({ field: 'Amount', is: 'over', value: '1000' }),
    where({ field: 'Amount', is: 'over', value: '2000' }),
    where({ field: 'Status', is: 'is', value: 'gone' }),
    where({ field: 'Ticket', is: 'starts_with', value: 't-' }),
    { ...where({ field: 'Status', is: 'not_empty' }), category: 'other' },
  ]);
  const { sort } = await previewBatch(ADA, { datasetId, plan });
  const over = (cents: number) => tickets.filter((one) => one.cents !== null && one.cents > cents).length;
  const unknown = tickets.filter(({ cents }) => cents === null);
  expect(sort.ruleFacts[0]).toMatchObject({
    takes: over(100_000),
    matches: over(100_000),
    unknown: unknown.length,
    warnings: [],
  });
  expect(sort.ruleFacts[0]?.unknownFields).toEqual([
    {
      ...{ field: 'Amount', count: unknown.length, message: `${unknown.length} items have no number in “Amount”.` },
      examples: unknown.slice(0, 5).map(({ id }) => ({ ordinal: id, value: 'n/a' })),
    },
  ]);
  expect(sort.ruleFacts.map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([
    [],
    ['matches_only_taken'],
    ['matches_nothing'],
    ['matches_everything'],
    ['matches_only_taken'],
  ]);
  expect(sort.ruleFacts.flatMap(({ warnings }) => warnings.map(({ message }) => message))).toEqual([
    `Earlier rules take all ${over(200_000).toLocaleString('en-US')} that rule 2 matches.`,
    'Rule 3 matches none of 1,000 items.',
    'Rule 4 matches all of 1,000 items. No rule after it decides anything.',
    'Earlier rules take all 1,000 that rule 5 matches.',
  ]);
  expect(sort.rules).toEqual(sort.ruleFacts.map(({ takes }) => takes));
});

test('every count opens the rows behind it', async () => {
  const plan = planOf([where(OLD), where({ field: 'Amount', is: 'over', value: '1000' })], { chunkEdits: [{ exclude: 1 }] });
  const { sort } = await previewBatch(ADA, { datasetId, plan });
  const counts: [object, number | undefined][] = [
    [{ rule: 1 }, sort.ruleFacts[1]?.takes],
    [{ matches: 1 }, sort.ruleFacts[1]?.matches],
    [{ unknown: 1 }, sort.ruleFacts[1]?.unknown],
    [{ unknown: 1, field: 'Amount' }, sort.ruleFacts[1]?.unknownFields[0]?.count],
    [{ unknown: 1, field: 'Status' }, 0],
    [{ category: 'close' }, sort.categories[0]?.count],
    [{ category: 'other' }, 0],
    [{ otherwise: true }, sort.otherwise],
  ];
  for (const [of, count] of counts) {
    const found = await allRows(plan, of);
    expect([of, found.length]).toEqual([of, count]);
    expect(
      found.every(({ ordinal }, index) => ordinal > 500 && (index === 0 || ordinal > (found[index - 1]?.ordinal ?? 0))),
    ).toBe(true);
  }
  const [row] = await allRows(plan, { unknown: 1 });
  expect(row).toMatchObject({ fields: { Ticket: `T-${row?.ordinal}`, Amount: 'n/a' }, unknownFields: ['Amount'] });
  const first = await rowsBehind(ADA, { datasetId, plan, of: { matches: 1 }, limit: 3 } as never);
  expect(first.items).toHaveLength(3);
  expect(first.next).toBe(String(first.items[2]?.ordinal));
});

test('chunks, what is left out, doubtful dates and shared resources have the rows that the planner counts', async () => {
  const plan = planOf([where(OLD)], {
    chunking: { by: 'time', field: 'Last Reply', every: 'month', timeZone: 'Europe/Rome' },
    chunkEdits: [{ exclude: 1 }],
  });
  const { chunks, excludedCount, warnings } = await previewBatch(ADA, { datasetId, plan });
  for (const { number, itemCount, firstOrdinal, lastOrdinal } of [chunks[0], chunks.at(-1)].flatMap((one) => one ?? [])) {
    const ordinals = (await allRows(plan, { chunk: number })).map(({ ordinal }) => ordinal);
    expect([ordinals.length, ordinals[0], ordinals.at(-1)]).toEqual([itemCount, firstOrdinal, lastOrdinal]);
  }
  const left = (await allRows(plan, { leftOut: true })).map(({ ordinal }) => ordinal);
  expect([left.length, left.length > 0]).toEqual([excludedCount, true]);
  const doubtful = warnings.find(({ code }) => code === 'doubtful_dates')?.facts.doubtful;
  const undated = await allRows(plan, { doubtful: true });
  expect(undated.length).toBe(doubtful);
  expect(undated.map(({ ordinal }) => ordinal)).toEqual(tickets.flatMap(({ id, day }) => (day === null ? [id] : [])));
  const sharing = planOf([where(OLD)], {
    chunking: { by: 'size', maxItems: 5_000 },
    independence: { resource: ['Status'], dependsOn: null },
  });
  const { independence } = await previewBatch(ADA, { datasetId, plan: sharing });
  expect([independence.sharedItems > 0, (await allRows(sharing, { shared: true })).length]).toEqual([
    true,
    independence.sharedItems,
  ]);
  expect(await allRows(plan, { chunk: 9_999 })).toEqual([]);
});

test('what is asked for is refused where there is no such thing', async () => {
  const plan = planOf([where(OLD)]);
  for (const asked of [{}, { rule: -1 }, { rule: 0, category: 'close' }, { otherwise: false }])
    await expect(rowsBehind(ADA, { datasetId, plan, of: asked } as never)).rejects.toMatchObject({ code: 'invalid' });
  for (const cursor of ['x', '-1'])
    await expect(rowsBehind(ADA, { datasetId, plan, of: { rule: 0 }, cursor } as never)).rejects.toMatchObject({
      code: 'invalid',
    });
  await expect(
    previewBatch(ADA, { datasetId, plan: planOf([where({ field: 'Status', is: 'over', value: '1' })]) }),
  ).rejects.toMatchObject({
    code: 'invalid',
    problems: [
      {
        path: 'classifier.rules.0.where.0.0.is',
        message: expect.stringMatching(/^Rule 1: “is over” \(over\) does not fit “Status”, which holds text\./),
      },
    ],
  });
});

test('an item of which a rule knows nothing goes to the rest, says why, and is the first to be looked at', async () => {
  const plan = planOf([where({ field: 'Amount', is: 'over', value: '1000' })], { chunking: { by: 'size', maxItems: TICKETS } });
  const { id } = await createBatch(ADA, { datasetId, name: 'Close', plan, start: true } as never);
  await workUntil(pool, async () => (await chunkStates(pool, id)).includes('awaiting_review'));
  const unknown = tickets.filter(({ cents }) => cents === null).map(({ id: ordinal }) => ordinal);
  const { rows: classified } = await pool.query(
    'SELECT ordinal, category, why FROM classification WHERE batch_id = $1 AND confidence = 0 ORDER BY ordinal',
    [id],
  );
  expect(classified).toEqual(
    unknown.map((ordinal) => ({ ordinal, category: 'keep', why: "rule 1 can't tell: “Amount” has no number" })),
  );
  const checkpoint = await readCheckpoint(ADA, { batchId: id, chunk: 1 });
  const keep = checkpoint?.categories.find(({ name }) => name === 'keep');
  const random = new Set(keep?.sampleRandom.map(({ ordinal }) => ordinal));
  const first = unknown.filter((ordinal) => !random.has(ordinal)).slice(0, 10);
  // Where the random ones left fewer than are shown, others follow.
  expect(keep?.sampleUnsure.map(({ ordinal }) => ordinal).slice(0, first.length)).toEqual(first);
});

test('a plan of version 1 goes on to read text', async () => {
  const rules = [
    { when: 'item.Status == "open"', category: 'close' },
    { when: 'number(item.Amount) > 1000', category: 'close' },
  ];
  const { version: _, timeZone: __, ...plan } = planOf(rules);
  const { sort } = await previewBatch(ADA, { datasetId, plan });
  expect(sort.rules).toEqual([tickets.filter(({ status }) => status === 'open').length, 0]);
});
