/** What is proposed of six tables, from the file to the rules, held against what a person would count in the rows (docs/drafts.md). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { examined, makeClassifier } from '#lib/classifiers/registry.ts';
import type { DraftedPlan } from '#lib/core/plans/draft-plan.ts';
import { checkFields } from '#lib/core/plans/planner.ts';
import { meaningsOf } from '#lib/core/values/meaning.ts';
import { Profile } from '#lib/ingest/profile.ts';
import { draftFromProfile } from '#lib/ingest/registry.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { asFile, type MadeTable, TABLES, TABLES_ON } from '#test/fixtures/tables.ts';
import { readTable } from '#test/read-table.ts';
import { atSize } from '#test/size.ts';
import { sampledFields } from './sampled.ts';

const NOW = Date.parse(`${TABLES_ON}T12:00:00Z`);

type Drafted = DraftedPlan & {
  /** how many rows each rule is the first to take */
  takes: number[];
  categoriesOfRows: string[];
};

async function drafted(made: MadeTable, { now = NOW } = {}): Promise<Drafted> {
  const { fields, rows } = await readTable(asFile(made));
  return draftedOf(fields, rows, now);
}

async function draftedOf(names: readonly string[], rows: readonly (readonly string[])[], now = NOW): Promise<Drafted> {
  const profile = new Profile(now);
  profile.add(
    names,
    rows.map((values, at) => ({ line: at + 2, values, raw: Buffer.alloc(0), plain: false })),
  );
  const reading = { format: null, layout: {}, fields: profile.guesses() };
  const items = rows.map((row, at) => ({
    ordinal: at + 1,
    fields: Object.fromEntries(names.map((name, i) => [name, row[i] ?? ''])),
  }));
  const fields = profile.fields();
  const some = items.filter((_, at) => at % Math.ceil(items.length / 500) === 0);
  const sampled = { fields: sampledFields({ fields, itemCount: items.length }, reading, some), size: some.length, now };
  const { plan: input, reasons } = draftFromProfile({ fields, itemCount: items.length, timeZone: 'UTC', sampled });
  const plan = parsePlan(input);
  expect(checkFields(plan, names, meaningsOf(reading.fields))).toEqual([]);
  const classifier = makeClassifier(plan, { fieldNames: [...names], meanings: meaningsOf(reading.fields) }, () => {});
  const all = await examined(classifier, items, new AbortController().signal);
  const takes = reasons.proposals.map((_, part) => all.filter(({ classification }) => classification.part === part).length);
  return { plan: input, reasons, takes, categoriesOfRows: all.map(({ classification }) => classification.category) };
}

const rulesOf = ({ plan }: Drafted) =>
  (plan.classifier as unknown as { rules: { where: unknown[]; category: string }[] }).rules.map(({ where, category }) => [
    category,
    ...where,
  ]);

const table = (name: string): MadeTable => TABLES.find((one) => one.name === name) as MadeTable;
/** How many rows have these cells. */
function count({ header, rows }: MadeTable, is: (cell: (column: string) => string) => boolean): number {
  return rows.filter((row) => is((column) => row[header.indexOf(column)] ?? '')).length;
}
const iso = (european: string) => european.split('/').reverse().join('-');
const cents = (text: string) => Number(text.replace(/\D/g, ''));
const oneOf = (field: string, ...values: string[]) => ({
  field,
  is: 'one_of',
  values: expect.toSatisfy((all: string[]) => {
    return JSON.stringify(all.map((one) => one.toLowerCase()).sort()) === JSON.stringify(values.sort());
  }),
});
const on = TABLES_ON;
const DAYS_30_AGO = '2026-10-27';
const DAYS_90_AGO = '2026-08-28';

describe('what is proposed of', () => {
  test('tickets: important people stay, what is over for 90 days is archived, what waits for 30 is looked at', async () => {
    const made = table('tickets');
    const draft = await drafted(made);
    expect(rulesOf(draft)).toEqual([
      ['keep', [{ field: 'V.I.P.', is: 'yes' }]],
      ['archive', [oneOf('Status', 'closed', 'resolved'), { field: 'Last Reply', is: 'older_than', days: 90, on }]],
      ['look', [oneOf('Status', 'on hold', 'open', 'pending'), { field: 'Last Reply', is: 'older_than', days: 30, on }]],
    ]);
    const old = (status: RegExp, day: string) =>
      count(made, (cell) => status.test(cell('Status')) && cell('V.I.P.') === 'no' && iso(cell('Last Reply')) < day);
    expect(draft.takes.slice(1)).toEqual([old(/closed|resolved/i, DAYS_90_AGO), old(/open|pending|hold/, DAYS_30_AGO)]);
    expect(draft.takes.every((takes) => takes > 20)).toBe(true);
    expect(draft.plan.independence).toEqual({ resource: ['Ticket'] });
    expect(draft.reasons.proposals[1]).toBe(
      'Rule 2: “Status” says where an item stands: Closed or resolved is over. “Last Reply” says since when; 90 days are counted back from today. Archiving can be undone.',
    );
    expect(draft.reasons.proposals[2]).toContain('too many for a task each');
  });

  test('orders: what is over is archived by the day that all of it has; what waits is told, and large ones before', async () => {
    const made = table('orders');
    const draft = await drafted(made);
    expect(rulesOf(draft)).toEqual([
      ['archive', [oneOf('Status', 'delivered', 'cancelled'), { field: 'Ordered', is: 'older_than', days: 90, on }]],
      ['task', [oneOf('Status', 'pending', 'processing'), { field: 'Total', is: 'over', value: '2000' }]],
      ['task', [oneOf('Status', 'pending', 'processing'), { field: 'Ordered', is: 'older_than', days: 30, on }]],
    ]);
    const over = count(made, (cell) => /delivered|cancelled/.test(cell('Status')) && cell('Ordered') < DAYS_90_AGO);
    const large = count(made, (cell) => /pending|processing/.test(cell('Status')) && cents(cell('Total')) > 200_000);
    expect(draft.takes.slice(0, 2)).toEqual([over, large]);
  });

  test('contacts: who has no address is told; nobody is archived for a birthday, and chunks are not by it', async () => {
    const made = table('contacts');
    const draft = await drafted(made);
    expect(rulesOf(draft)).toEqual([['task', [{ field: 'E-Mail', is: 'empty' }]]]);
    expect(draft.takes).toEqual([count(made, (cell) => cell('E-Mail') === '')]);
    expect(draft.plan.chunking).toMatchObject({ by: 'category', field: 'Company' });
  });

  test('expenses: high amounts of what is not settled want a look, in euros with a decimal comma', async () => {
    const made = table('expenses');
    const draft = await drafted(made);
    expect(rulesOf(draft)).toEqual([
      ['archive', [oneOf('Status', 'reimbursed', 'rejected'), { field: 'Date', is: 'older_than', days: 90, on }]],
      ['task', [oneOf('Status', 'submitted'), { field: 'Amount', is: 'over', value: '1000' }]],
      ['task', [oneOf('Status', 'submitted'), { field: 'Date', is: 'older_than', days: 30, on }]],
    ]);
    expect(draft.takes[1]).toBe(count(made, (cell) => cell('Status') === 'submitted' && cents(cell('Amount')) > 100_000));
  });

  test('log lines: errors are told, and what only tells what happened is archived', async () => {
    const made = table('log-lines');
    const draft = await drafted(made);
    expect(rulesOf(draft)).toEqual([
      ['task', [oneOf('level', 'error')]],
      ['archive', [oneOf('level', 'info', 'debug')]],
    ]);
    expect(draft.takes).toEqual([
      count(made, (cell) => cell('level') === 'ERROR'),
      count(made, (cell) => /INFO|DEBUG/.test(cell('level'))),
    ]);
  });

  test('inventory: what ran out is told, unless it is no longer kept; a price is nobody’s to decide on', async () => {
    const made = table('inventory');
    const draft = await drafted(made);
    const none = { field: 'On hand', is: 'at_most', value: '0' };
    expect(rulesOf(draft)).toEqual([
      ['archive', [none, oneOf('Status', 'discontinued')]],
      ['task', [none]],
    ]);
    expect(draft.takes[1]).toBe(count(made, (cell) => cell('On hand') === '0' && cell('Status') === 'active'));
    expect(draft.plan.independence).toEqual({ resource: ['SKU'] });
  });
});

test('columns are known by their values: other names propose the same', async () => {
  const made = table('tickets');
  const other = { ...made, header: ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'] };
  // Only a flag has nothing but its name to be known by.
  expect(rulesOf(await drafted(other))).toEqual([
    ['archive', [oneOf('C', 'closed', 'resolved'), { field: 'G', is: 'older_than', days: 90, on }]],
    ['look', [oneOf('C', 'on hold', 'open', 'pending'), { field: 'G', is: 'older_than', days: 30, on }]],
  ]);
});

test('files of a repository are told apart by their paths, and not by what they hold', async () => {
  const names = ['path', 'extension', 'blob', 'content'];
  const rows = Array.from({ length: 60 }, (_, n) => [
    `src/part ${n % 7}/file${n}.md`,
    'md',
    `${n % 59}`.padStart(40, 'a1'),
    'text',
  ]);
  const { plan } = await draftedOf(names, rows);
  expect(plan.independence).toEqual({ resource: ['path'] });
});

test('in a file of long ago days are counted back from its newest one, for else all of it would be old', async () => {
  const draft = await drafted(table('tickets'), { now: Date.UTC(2028, 0, 1) });
  expect(JSON.stringify(rulesOf(draft))).toContain(`"on":"${TABLES_ON}"`);
  expect(draft.reasons.proposals[1]).toContain(`counted back from ${TABLES_ON}, the newest day in the file.`);
});

test('no rule is proposed on a field about which something is asked', async () => {
  const made = table('tickets');
  const at = made.header.indexOf('Last Reply');
  const opened = made.header.indexOf('Opened');
  const rows = made.rows.map((row, index) =>
    row.map((cell, column) => (column === at || column === opened ? `0${1 + (index % 9)}/0${1 + ((index * 7) % 9)}/2025` : cell)),
  );
  expect(rulesOf(await drafted({ ...made, rows }))).toEqual([]);
});

test('of whatever table, the draft fits it, and does nothing that can’t be undone', async () => {
  const cell = fc.oneof(
    fc.constantFrom(
      'open',
      'closed',
      'Error',
      'info',
      'yes',
      'no',
      '0',
      '12',
      '1.234,56',
      '99.90',
      '2025-01-31',
      '31/12/2025',
      '',
      ' ',
    ),
    fc.constantFrom('a@b.example', 'Ada Lovelace', 'T-1', 'T-2', 'stock', '\u0000', 'x'.repeat(300)),
  );
  const names = fc.constantFrom(
    '',
    'Status',
    'id',
    'VIP',
    'stock',
    'Amount',
    'level',
    '__proto__',
    '{{x}}',
    'Closed',
    'E-Mail',
    'q'.repeat(600),
  );
  const made = fc.uniqueArray(names, { minLength: 1, maxLength: 6 }).chain((header) =>
    fc.record({
      name: fc.constant('any'),
      header: fc.constant(header),
      rows: fc.array(fc.array(cell, { minLength: header.length, maxLength: header.length }), { minLength: 1, maxLength: 25 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(made, async (one) => {
      const { plan, reasons } = await draftedOf(one.header, one.rows);
      const { otherwise } = plan.classifier as unknown as { otherwise: string };
      expect(otherwise).toBe('keep');
      const actions = plan.categories.flatMap(({ action }) => (action ? [`${action.connector} ${action.do}`] : []));
      expect(actions).toEqual(['task create', 'shelf archive']);
      expect(reasons.proposals.every((reason) => /^Rule \d+: .+\.$/s.test(reason))).toBe(true);
    }),
    { numRuns: atSize(30, 150) },
  );
});
