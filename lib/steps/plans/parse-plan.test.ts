import { describe, expect, test } from 'vitest';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { parsePlan } from './parse-plan.ts';

/** As a batch of an earlier version keeps it: every default written out. */
const STORED =
  '{"categories":[{"action":{"connection":null,"connector":"http","do":"POST","honoursKeys":{"forHours":24},"with":{"body":{"a":[null],"z":1},"url":"https://example.com/{{a}}"}},"name":"send"},{"action":{"connection":null,"connector":"shelf","do":"archive","honoursKeys":false,"with":{}},"name":"put away"},{"action":{"connection":null,"connector":"task","do":"create","honoursKeys":false,"with":{"title":"{{a}}"}},"name":"ask"},{"action":null,"name":"keep"}],"chunkEdits":[{"exclude":2}],"chunking":{"by":"time","every":"month","field":"date","maxItems":null,"minItems":null,"timeZone":"UTC"},"classifier":{"kind":"rules","otherwise":"keep","rules":[{"category":"send","confidence":0.9,"when":"item.a == \\"1\\"","why":""},{"category":"put away","confidence":0.5,"when":"true","why":"all"}]},"execution":{"concurrency":8,"first":3,"haltAfter":{"consecutive":5,"share":0.2},"ratePerSecond":null,"retry":{"attempts":3}},"gates":{"approvals":1,"evidence":null,"next":null},"independence":{"dependsOn":null,"resource":["a"]},"receiptFields":[],"receiptLine":""}';
const DIGEST = '997b72faf4af6ae148d1416bd86ef7ce2b32cafa106067d15ef233ced01a4ba5';

describe('a plan that is stored', () => {
  test('parses to the same canonical bytes, and so keeps its digest', () => {
    const bytes = canonicalBytes(parsePlan(JSON.parse(STORED)) as unknown as Json);
    expect(Buffer.from(bytes).toString()).toBe(STORED);
    expect(sha256(bytes).toString('hex')).toBe(DIGEST);
  });

  test('is what was given with the defaults filled in, and no connector writes its own into `with`', () => {
    const { classifier, ...stored } = JSON.parse(STORED);
    const [first, second] = classifier.rules;
    const given = {
      classifier: { ...classifier, rules: [{ when: first.when, category: 'send' }, second] },
      categories: stored.categories.map(
        (one: { name: string; action: { connector: string; do: string; with: object } | null }) =>
          one.action?.connector === 'shelf' ? { name: one.name, action: { connector: 'shelf', do: 'archive' } } : one,
      ),
      chunking: { by: 'time', field: 'date', every: 'month' },
      independence: { resource: ['a'] },
      chunkEdits: [{ exclude: 2 }],
    };
    expect(sha256(canonicalBytes(parsePlan(given) as unknown as Json)).toString('hex')).toBe(DIGEST);
  });
});

const PLAN = {
  classifier: { kind: 'rules', rules: [{ when: 'true', category: 'a' }], otherwise: 'a' },
  categories: [{ name: 'a' }],
  chunking: { by: 'size' },
};

function problems(value: unknown): Problem[] {
  try {
    parsePlan(value);
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'invalid') return error.problems;
    throw error;
  }
  return [];
}

test.each<[object, Problem[]]>([
  [PLAN, []],
  [
    { ...PLAN, classifier: { kind: 'oracle' } },
    [
      {
        path: 'classifier.kind',
        message: 'There is no classifier “oracle”. Choose one of: rules, manual, examples, agent, model.',
      },
    ],
  ],
  [
    { ...PLAN, classifier: { rules: [] } },
    [{ path: 'classifier.kind', message: 'A classifier needs a kind. Choose one of: rules, manual, examples, agent, model.' }],
  ],
  [{ ...PLAN, classifier: 7 }, [{ path: 'classifier', message: 'This is a number. Send an object.' }]],
  [
    { ...PLAN, classifier: { ...PLAN.classifier, rules: [{ when: '', category: 'a' }], more: 1 } },
    [
      { path: 'classifier.rules.0.when', message: 'A rule needs a condition.' },
      { path: 'classifier', message: expect.stringContaining('more') },
    ],
  ],
  [
    { ...PLAN, classifier: { ...PLAN.classifier, rules: [{ when: 'true', category: 'b' }], otherwise: 'c' } },
    [
      { path: 'classifier.rules.0.category', message: 'There is no category “b”. Choose one of: a.' },
      { path: 'classifier.otherwise', message: 'There is no category “c”. Choose one of: a.' },
    ],
  ],
])('%j has the problems %j', (value, expected) => {
  expect(problems(value)).toEqual(expected);
});
