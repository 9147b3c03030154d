import { expect, test } from 'vitest';
import type { CountersignError } from '#lib/core/errors.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { storedPlan } from './stored-plan.ts';

const FIRST = {
  classifier: {
    kind: 'rules',
    rules: [
      { when: "item.from.endsWith('@x')", category: 'a' },
      { when: 'has(item.id)', category: 'b', why: 'an id', confidence: 0.7 },
    ],
    otherwise: 'b',
  },
  categories: [{ name: 'a', action: { connector: 'shelf', do: 'archive' } }, { name: 'b' }],
  chunking: { by: 'time', field: 'date', every: 'month' },
};
/** As the version before `where` wrote it down. */
const FIRST_BYTES =
  '{"categories":[{"action":{"connection":null,"connector":"shelf","do":"archive","honoursKeys":false,"with":{}},"name":"a"},{"action":null,"name":"b"}],"chunkEdits":[],"chunking":{"by":"time","every":"month","field":"date","maxItems":null,"minItems":null,"timeZone":"UTC"},"classifier":{"kind":"rules","otherwise":"b","rules":[{"category":"a","confidence":0.9,"when":"item.from.endsWith(\'@x\')","why":""},{"category":"b","confidence":0.7,"when":"has(item.id)","why":"an id"}]},"execution":{"concurrency":8,"first":3,"haltAfter":{"consecutive":5,"share":0.2},"ratePerSecond":null,"retry":{"attempts":3}},"gates":{"approvals":1,"evidence":null,"next":null},"independence":{"dependsOn":null,"resource":[]},"receiptFields":[],"receiptLine":""}';
const FIRST_DIGEST = '5dcde812b508b9e19be8bbdc95725e7ea5a127598a57af8edffbac6a1e45e9b8';

const bytes = (plan: unknown) => Buffer.from(canonicalBytes(plan as Json));

test('a plan of version 1 has the bytes and the digest that it always had, written and read back', () => {
  const written = bytes(parsePlan(FIRST));
  expect(written.toString()).toBe(FIRST_BYTES);
  expect(Buffer.from(sha256(written)).toString('hex')).toBe(FIRST_DIGEST);
  const { value, odd } = storedPlan(JSON.parse(FIRST_BYTES));
  expect(bytes(value).toString()).toBe(FIRST_BYTES);
  expect(odd).toEqual([]);
});

const WHERE = [[{ field: 'Last Reply', is: 'older_than', days: 90, on: '2026-10-25' }]];
const second = (more: object = {}) => ({
  ...FIRST,
  version: 2,
  classifier: { kind: 'rules', rules: [{ where: WHERE, category: 'a' }], otherwise: 'b' },
  ...more,
});

test('a plan of version 2 is written down with its time zone, and read back as it is', () => {
  const deadline = { hours: 48, escalateTo: 'ada@example.org' };
  const plan = parsePlan(second({ instruction: 'Close what is old.', deadline }));
  expect(plan).toMatchObject({ version: 2, timeZone: 'UTC', instruction: 'Close what is old.', deadline });
  const { value, odd } = storedPlan(JSON.parse(bytes(plan).toString()));
  expect(bytes(value).toString()).toBe(bytes(plan).toString());
  expect(odd).toEqual([]);
});

test('chunks that name no time zone are cut in that of the plan, and a plan without one goes by its chunks', () => {
  expect(parsePlan(second({ timeZone: 'Europe/Rome' })).chunking).toMatchObject({ timeZone: 'Europe/Rome' });
  const chunking = { ...FIRST.chunking, timeZone: 'Asia/Tokyo' };
  expect(parsePlan(second({ chunking })).timeZone).toBe('Asia/Tokyo');
  expect(parsePlan(second({ chunking, timeZone: 'Europe/Rome' }))).toMatchObject({ timeZone: 'Europe/Rome', chunking });
});

const problemsOf = (plan: unknown) => {
  try {
    parsePlan(plan);
    return [];
  } catch (error) {
    return (error as CountersignError).problems.map(({ path, message }) => `${path}: ${message}`);
  }
};
const rules = (...all: object[]) => ({ kind: 'rules', rules: all.map((one) => ({ category: 'a', ...one })), otherwise: 'b' });
const NEEDS = 'needs a plan of version 2. Add "version": 2 to the plan.';

test.each<[string, object, string[]]>([
  ['where', { classifier: rules({ when: 'true' }, { where: WHERE }) }, [`classifier.rules.1.where: “where” ${NEEDS}`]],
  ['timeZone', { timeZone: 'UTC' }, [`timeZone: “timeZone” ${NEEDS}`]],
  ['instruction', { version: 1, instruction: 'x' }, [`instruction: “instruction” ${NEEDS}`]],
  ['deadline', { version: 1, deadline: { hours: 2 } }, [`deadline: “deadline” ${NEEDS}`]],
  ['a deadline at once', { version: 2, deadline: { hours: 0 } }, ['deadline.hours: A deadline is an hour at least.']],
  [
    'a deadline for nobody',
    { version: 2, deadline: { hours: 1, escalateTo: 'a@b.example\r\nBcc: eve@b.example' } },
    ['deadline.escalateTo: This is not a mail address. Write the one with which a person here signs in.'],
  ],
  ['a version that there is not', { version: 3 }, ['version: A plan has version 1 or 2.']],
  [
    'a zone that there is not',
    { version: 2, timeZone: 'Mars/Olympus' },
    ['timeZone: This is not a time zone of the IANA database. Write one such as Europe/Rome.'],
  ],
  [
    'a long instruction',
    { version: 2, instruction: 'x'.repeat(4_001) },
    ['instruction: An instruction has at most 4,000 characters.'],
  ],
  [
    'both conditions',
    { version: 2, classifier: rules({ when: 'true', where: WHERE }) },
    ['classifier.rules.0.when: A rule has `when` or `where`, not both.'],
  ],
  ['no condition', { classifier: rules({}) }, ['classifier.rules.0.when: A rule needs a condition: `when` or `where`.']],
  [
    'no group',
    { version: 2, classifier: rules({ where: [] }) },
    ['classifier.rules.0.where: A rule needs a group of conditions.'],
  ],
  [
    'an empty group',
    { version: 2, classifier: rules({ where: [[]] }) },
    ['classifier.rules.0.where.0: A group needs a condition.'],
  ],
])('%s is refused by name', (_, more, problems) => {
  expect(problemsOf({ ...FIRST, ...more })).toEqual(problems);
});

test.each<[string, object, RegExp]>([
  [
    'an operator that there is not',
    { is: 'older' },
    /^classifier.rules.0.where.0.0.is: There is no operator “older”. Choose one of: is, /,
  ],
  ['no operator', {}, /where.0.0.is: A condition needs `is`/],
  ['a day that is none', { is: 'before', value: '2026-02-30' }, /where.0.0.value: A day is written YYYY-MM-DD/],
  ['a day in another form', { is: 'older_than', days: 3, on: '25/10/2026' }, /where.0.0.on: A day is written/],
  [
    'a number in words of a country',
    { is: 'over', value: '1.000,50' },
    /where.0.0.value: A number is written with digits and a point/,
  ],
  ['a number that is none', { is: 'over', value: 1000 }, /where.0.0.value/],
  ['a bound that is none', { is: 'between', from: '1,000', to: '5' }, /where.0.0.from: This is neither a number/],
  ['value and values', { is: 'contains', value: 'a', values: ['b'] }, /where.0.0.value: This condition has either/],
  ['what it does not take', { is: 'empty', value: '' }, /where.0.0: Unrecognized key/],
])('a condition with %s is refused at its place', (_, condition, problem) => {
  const plan = second({ classifier: rules({ where: [[{ field: 'x', ...condition }]] }) });
  expect(problemsOf(plan)).toEqual([expect.stringMatching(problem)]);
});

test('what a later version stored is gone by in the most careful way, and told', () => {
  const { value, odd } = storedPlan({ ...parsePlan(second()), version: 3, timeZone: 5, instruction: { de: 'x' } });
  expect(value).toMatchObject({ version: 2, timeZone: 'unreadable', instruction: '' });
  expect(odd).toHaveLength(3);
});
