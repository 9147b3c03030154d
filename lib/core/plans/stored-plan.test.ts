import { expect, test } from 'vitest';
import { execution, gates } from './plan.ts';
import { storedPlan } from './stored-plan.ts';

/** As the first version stored plans, with every default that it had written out. */
const FIRST_VERSION = {
  classifier: { kind: 'rules', rules: [{ when: 'true', category: 'send', why: '', confidence: 0.9 }], otherwise: 'send' },
  categories: [
    {
      name: 'send',
      action: { connector: 'http', connection: null, do: 'POST', honoursKeys: true, with: { url: 'https://a.example/' } },
    },
    { name: 'skip', action: null },
  ],
  chunking: { by: 'time', field: 'date', every: 'month', timeZone: 'Europe/Rome', minItems: null, maxItems: null },
  independence: { resource: ['id'], dependsOn: null },
  chunkEdits: [{ merge: [1, 2] }],
  gates: { next: 'pilot', approvals: 1, evidence: null },
  execution: { concurrency: 8, ratePerSecond: null, first: 3, haltAfter: { consecutive: 5, share: 0.2 } },
  receiptLine: '{{verb}}: {{subject}}',
  receiptFields: ['subject'],
};

test('a plan of the first version has the attempts that it lacked, and is otherwise as it is', () => {
  const { value, odd } = storedPlan(FIRST_VERSION);
  expect(value).toEqual({ ...FIRST_VERSION, execution: { ...FIRST_VERSION.execution, retry: { attempts: 3 } } });
  expect(odd).toEqual([]);
});

test('each key that its gates and its execution may have is known when a plan is read back', () => {
  const own = { gates: gates.parse({ approvals: 2, keysMaySign: true, stepUp: true }), execution: execution.parse({}) };
  expect(Object.keys(own.gates).sort()).toEqual(Object.keys(gates.shape).sort());
  expect(Object.keys(own.execution).sort()).toEqual(Object.keys(execution.shape).sort());
  const plan = { ...FIRST_VERSION, ...own };
  expect(storedPlan(plan)).toEqual({ value: plan, odd: [] });
});

test('what is not known is kept beside what is, and told once', () => {
  const extra = {
    ...FIRST_VERSION,
    mood: 'calm',
    execution: { ...FIRST_VERSION.execution, jitter: { ms: 3 } },
    chunking: { ...FIRST_VERSION.chunking, weekday: 1 },
  };
  const { value, odd } = storedPlan(extra);
  expect(value).toEqual({ ...extra, execution: { ...extra.execution, retry: { attempts: 3 } } });
  expect(odd).toEqual([
    '“chunking.weekday” is not known to this version, and has no effect.',
    '“execution.jitter” is not known to this version, and has no effect.',
    '“mood” is not known to this version, and has no effect.',
  ]);
});

test('what can’t be understood is gone by in the most careful way', () => {
  const strange = {
    ...FIRST_VERSION,
    categories: [
      { name: 'send', action: { ...FIRST_VERSION.categories[0]?.action, honoursKeys: { forDays: 3 } } },
      { name: 'other', action: { ...FIRST_VERSION.categories[0]?.action, connection: { id: 7 } } },
    ],
    gates: { next: 'vote', approvals: 3, evidence: { bound: 0.01 } },
    execution: { concurrency: 'many', ratePerSecond: 'slow', first: -1, haltAfter: 5, retry: { attempts: null } },
    receiptFields: 'all',
  };
  const { value, odd } = storedPlan(strange);
  expect(value.categories).toMatchObject([
    { action: { connector: 'http', honoursKeys: false } },
    { action: { connector: 'unreadable' } },
  ]);
  expect(value.gates).toEqual({ next: 'each', approvals: 2, evidence: null });
  expect(value.execution).toEqual({
    concurrency: 1,
    ratePerSecond: 1,
    first: 1,
    haltAfter: { consecutive: 1, share: 0 },
    retry: { attempts: 1 },
  });
  expect(value.receiptFields).toEqual([]);
  expect(odd).toContain('“gates.approvals” is 3, which this version does not understand: it goes by 2.');
  expect(odd).toContain('“execution.concurrency” is "many", which this version does not understand: it goes by 1.');
});

test.each([null, 5, 'plan', [], {}, { categories: [null], classifier: [], execution: [] }])(
  '%j is a plan, of which nothing is sent',
  (stored) => {
    const { value } = storedPlan(stored);
    expect(value.categories.every(({ action }) => action?.connector === 'unreadable')).toBe(true);
    expect(value.gates.approvals).toBe(stored !== null && typeof stored === 'object' && !Array.isArray(stored) ? 1 : 2);
  },
);
