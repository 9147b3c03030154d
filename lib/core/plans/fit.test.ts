import { expect, it } from 'vitest';
import { type Meaning, TEXT } from '#lib/core/values/meaning.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { fieldsNamed, withField } from './fields-named.ts';
import { forAnotherFile, misfitsOf, typesNamed } from './fit.ts';

const plan = parsePlan({
  version: 2,
  timeZone: 'Europe/Rome',
  classifier: {
    kind: 'rules',
    rules: [
      {
        where: [
          [
            { field: 'Last Reply', is: 'older_than', days: 90, on: '2026-10-25' },
            { field: 'V.I.P.', is: 'no' },
          ],
        ],
        category: 'close',
      },
      { when: 'item["Last Reply"] != null && item.status == "open" && raw.status != "item"', category: 'keep' },
    ],
    otherwise: 'keep',
  },
  categories: [
    {
      name: 'close',
      action: {
        connector: 'http',
        do: 'POST',
        with: { url: 'https://crm.example/{{Ticket ID}}', body: { at: '{{Last Reply | date}}', 'Last Reply': 'kept' } },
      },
    },
    { name: 'keep' },
  ],
  chunking: { by: 'time', field: 'Opened', every: 'month' },
  independence: { resource: ['Ticket ID'], dependsOn: null },
  receiptLine: '{{verb}}: {{Ticket ID}} {{{Subject}}}',
  receiptFields: ['Ticket ID', 'Subject'],
});

const date: Meaning = { type: 'date', date: { order: 'dmy', century: 1970, zone: 'local' }, number: null };
const FIELDS = ['Ticket ID', 'Subject', 'Opened', 'Last Reply', 'V.I.P.', 'status'];
const FILE = {
  name: 'october.csv',
  fields: FIELDS,
  meanings: { 'Last Reply': date, Opened: date, 'V.I.P.': { ...TEXT, type: 'yes_no' as const } },
};

it('finds each field where it stands: in rows, in CEL, in templates with a form, and in the other places', () => {
  expect(fieldsNamed(plan)).toEqual([
    { field: 'Last Reply', path: 'classifier.rules.0.where.0.0', inTemplate: false },
    { field: 'V.I.P.', path: 'classifier.rules.0.where.0.1', inTemplate: false },
    { field: 'status', path: 'classifier.rules.1.when', inTemplate: false },
    { field: 'Ticket ID', path: 'independence.resource', inTemplate: false },
    { field: 'Opened', path: 'chunking.field', inTemplate: false },
    { field: 'verb', path: 'receiptLine', inTemplate: true },
    { field: 'Subject', path: 'receiptFields', inTemplate: false },
  ]);
});

it('takes another name everywhere, and nothing else changes', () => {
  expect(withField(plan, 'Nothing', 'Else')).toEqual(plan);
  const next = withField(plan, 'Last Reply', 'Last "Answer"');
  expect(JSON.stringify(next)).not.toMatch(/Last Reply[^"]|"field":"Last Reply"/);
  expect(next.classifier).toMatchObject({
    rules: [{}, { when: 'item["Last \\"Answer\\""] != null && item.status == "open" && raw.status != "item"' }],
  });
  expect(next.categories[0]?.action?.with).toMatchObject({ body: { at: '{{Last "Answer" | date}}', 'Last Reply': 'kept' } });
  // And back: no name is lost on the way.
  expect(withField(next, 'Last "Answer"', 'Last Reply')).toEqual(plan);
  expect(withField(plan, 'status', 'Status of it').classifier).toMatchObject({
    rules: [{}, { when: 'item["Last Reply"] != null && item["Status of it"] == "open" && raw["Status of it"] != "item"' }],
  });
});

it('tells by name what the next file lacks and what means something else there, and is silent where all fits', () => {
  const were = typesNamed(plan, FILE);
  expect(were).toEqual({
    'Last Reply': 'date',
    'V.I.P.': 'yes_no',
    status: 'text',
    'Ticket ID': 'text',
    Opened: 'date',
    Subject: 'text',
  });
  expect(misfitsOf(plan, were, FILE)).toEqual([]);
  const next = {
    name: 'nov.csv',
    fields: ['Ticket ID', 'Subject', 'Opened', 'Last reply', 'V.I.P.', 'state'],
    meanings: { 'V.I.P.': date, Subject: date },
  };
  expect(misfitsOf(plan, were, next)).toEqual([
    {
      kind: 'lacks',
      path: 'classifier.rules.0.where.0.0',
      field: 'Last Reply',
      instead: 'Last reply',
      message: '“nov.csv” has no field “Last Reply”. “Last reply” is the nearest name.',
    },
    {
      kind: 'type',
      path: 'classifier.rules.0.where.0.1',
      field: 'V.I.P.',
      instead: null,
      message: '“V.I.P.” was yes or no, and is a date in “nov.csv”.',
    },
    {
      kind: 'lacks',
      path: 'classifier.rules.1.when',
      field: 'status',
      instead: 'state',
      message: '“nov.csv” has no field “status”. “state” is the nearest name.',
    },
    {
      kind: 'type',
      path: 'chunking.field',
      field: 'Opened',
      instead: null,
      message: '“Opened” was a date, and is text in “nov.csv”.',
    },
  ]);
});

it('asks a plan of version 1 for names only: its fields are text for ever, but the one it is chunked by in time', () => {
  const { version: _, timeZone: __, ...old } = plan;
  const rules = { kind: 'rules', rules: [{ when: 'item.status == "open"', category: 'close' }], otherwise: 'keep' };
  const first = parsePlan({ ...old, classifier: rules });
  const were = typesNamed(first, { ...FILE, meanings: {} });
  expect(misfitsOf(first, were, { ...FILE, meanings: { status: date, Opened: date } }).map(({ field }) => field)).toEqual([
    'Opened',
  ]);
});

it('knows of a plan that was saved without a file only the names that are surely fields', () => {
  expect(typesNamed(plan, null)).not.toHaveProperty('verb');
  expect(misfitsOf(plan, typesNamed(plan, null), FILE)).toEqual([]);
});

it('leaves out what was changed of the chunks by hand when the file is another', () => {
  expect(forAnotherFile(plan)).toEqual({ plan, misfits: [] });
  const edited = { ...plan, chunkEdits: [{ exclude: 3 }, { rename: 2, to: 'Spring' }] };
  const { plan: next, misfits } = forAnotherFile(edited);
  expect(next).toEqual(plan);
  expect(misfits[0]?.message).toBe(
    '2 changes to the chunks that were made by hand are left out: they name chunks of the other file.',
  );
});
