import { expect, it } from 'vitest';
import { whereInWords } from '#lib/core/values/conditions.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { actionTold, chunksTold, gatesTold, independenceTold, labelsApart, limitsTold, ruleWords } from './plan-told-words.ts';
import { reasonWords } from './reason-words.ts';

const asIs = (field: string) => field;

it('says a rule as one reads it: days as days, values in quotes, groups by or, and CEL as it stands', () => {
  const where = [
    [
      { field: 'Last Reply', is: 'older_than' as const, days: 90, on: '2026-10-25' },
      { field: 'V.I.P.', is: 'no' as const },
    ],
    [{ field: 'Status', is: 'one_of' as const, values: ['open', '2026-01-01'] }],
    [{ field: 'Subject', is: 'contains' as const, values: ['a', 'b'], exact: true }],
    [{ field: 'Amount', is: 'between' as const, from: '1', to: '1000.5' }],
    [{ field: 'Opened', is: 'before' as const, value: '2026-02-01' }],
    [{ field: 'Code', is: 'is' as const, value: '2026-02-01' }],
  ];
  expect(ruleWords({ where }, (field) => (field === 'Status' ? 'State' : field))).toBe(
    [
      'Last Reply is older than 90 days on 25 Oct 2026 and V.I.P. is no',
      'State is any of “open”, “2026-01-01”',
      'Subject contains any of “a”, “b” (exactly)',
      'Amount is between 1 and 1000.5',
      'Opened is before 1 Feb 2026',
      'Code is “2026-02-01”',
    ].join(', or '),
  );
  expect(ruleWords({ when: 'item.status == "open"' }, asIs)).toBe('item.status == "open"');
  expect(ruleWords({ where: [[{ field: 'A', is: 'within_last', days: 1, on: '2026-10-25' }]] }, asIs)).toBe(
    'A is within the last 1 day up to 25 Oct 2026',
  );
});

it('says chunks, gates, demands and limits in sentences, and no more than there is', () => {
  const base = { classifier: { kind: 'rules', rules: [], otherwise: 'keep' }, categories: [{ name: 'keep' }] };
  const plain = parsePlan({ ...base, chunking: { by: 'size', maxItems: 400 } });
  expect(chunksTold(plain, asIs)).toEqual(['400 items each, in the order of the file.']);
  expect(independenceTold(plain, asIs)).toEqual([]);
  expect(gatesTold(plain)).toEqual([
    'One person approves each chunk before an action of it runs.',
    'No proof by looks is asked for.',
  ]);
  const full = parsePlan({
    ...base,
    chunking: { by: 'time', field: 'date', every: 'month', timeZone: 'Europe/Rome', minItems: 5, maxItems: 4000 },
    chunkEdits: [{ exclude: 1 }],
    independence: { resource: ['id', 'shop'], dependsOn: 'parent' },
    gates: { next: 'pilot', approvals: 2, evidence: { atMost: 0.02, over: 'chunk' } },
    execution: { first: 0, concurrency: 2, ratePerSecond: 0.5, retry: { attempts: 1 } },
  });
  expect(chunksTold(full, asIs)).toEqual([
    'One for each month of date, in the time zone Europe/Rome.',
    'A chunk of fewer than 5 is joined with its neighbour.',
    'One of more than 4,000 is split.',
    'Then 1 change by hand.',
  ]);
  expect(independenceTold(full, asIs)).toEqual([
    'Items with the same id and shop run one after the other.',
    'An item waits for the one that its parent names.',
  ]);
  expect(gatesTold(full)[2]).toBe(
    'Looks at random items must prove, with 95 % confidence, that at most 2 % of each acting category is wrong, over each chunk.',
  );
  expect(gatesTold({ ...full, deadline: { hours: 1, escalateTo: 'ada@firm.example' } }).at(-1)).toBe(
    'A question that waits for 1 hour is told to ada@firm.example too.',
  );
  expect(limitsTold(full)).toEqual([
    'What is approved runs at once.',
    'A chunk sends at most 2 requests at a time, the whole batch at most 0.5 a second.',
    'A request is tried once.',
    'A chunk halts after 5 failures in a row, or when 20 % of its outcomes are failures.',
  ]);
  expect(actionTold(null)).toBe('Nothing is done with them.');
  const words = { verb: 'Archive', past: 'Archived', will: 'move to the archive shelf', target: 'the archive shelf' };
  expect(actionTold({ ...words, effect: 'undoable', connector: 'shelf', connection: null, do: 'archive' })).toBe(
    'Move to the archive shelf.',
  );
});

it('keeps two fields of one label apart, and a field whose label is the name of another', () => {
  const label = labelsApart({ a: 'Date', b: 'Date', c: 'From', d: 'a' });
  expect(['a', 'b', 'c', 'd', 'unknown', 'toString'].map(label)).toEqual([
    'Date (a)',
    'Date (b)',
    'From',
    'a (d)',
    'unknown',
    'toString',
  ]);
});

it('a stored reason is shown with its days as a plan shows them, and texts that look like days as they are', () => {
  const conditions = [
    { field: 'Opened', is: 'older_than', days: 90, on: '2026-10-25' },
    { field: 'Opened', is: 'within_last', days: 1, on: '2026-01-02' },
    { field: 'Due', is: 'between', from: '2026-03-01', to: '2026-03-31' },
    { field: 'Paid', is: 'before', value: '2026-02-09' },
  ] as const;
  expect(conditions.map((condition) => reasonWords(whereInWords([[condition]]) ?? ''))).toEqual([
    'Opened is older than 90 days on 25 Oct 2026',
    'Opened is within the last 1 day on 2 Jan 2026',
    'Due is between 1 Mar 2026 and 31 Mar 2026',
    'Paid is before 9 Feb 2026',
  ]);
  for (const texts of ['Ref is 2026-10-25', 'Ref is any of 2026-10-25, x', 'Code is before 2026-10-25-A', 'Day is on 2026-13-45'])
    expect(reasonWords(texts)).toBe(texts);
});
