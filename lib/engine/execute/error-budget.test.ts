import { expect, test } from 'vitest';
import { errorBudget } from './error-budget.ts';

const OK = { result: 'succeeded' } as const;
const item = { result: 'failed', reason: 'http_422', fault: null } as const;
const at = (target: string) =>
  ({ result: 'uncertain', reason: 'timeout', fault: { target, message: `${target} does not answer` } }) as const;

test('a run of failures of one target is that target’s fault', () => {
  const budget = errorBudget({ consecutive: 3, share: 1 });
  // What was before the last success says nothing about the run.
  for (const answer of [item, OK, at('a'), at('a')]) expect(budget.count(answer)).toBeNull();
  expect(budget.count(at('a'))).toEqual({
    words: '3 actions in a row did not succeed. The last reason: timeout.',
    fault: { target: 'a', message: 'a does not answer' },
  });
});

test('what was counted before a chunk was given back goes on counting', () => {
  const limits = { consecutive: 3, share: 0.2 };
  const first = errorBudget(limits);
  for (const answer of [OK, at('a'), at('a')]) expect(first.count(answer)).toBeNull();
  const next = errorBudget(limits, JSON.parse(JSON.stringify(first.counted())));
  expect(next.count(at('a'))).toMatchObject({ fault: { target: 'a' } });
  // Successes too: a share is a share of all.
  const many = errorBudget(limits);
  for (let outcome = 0; outcome < 100; outcome += 1) many.count(OK);
  const later = errorBudget(limits, many.counted());
  for (const answer of [item, item, OK, item, item, OK, item, item, OK]) expect(later.count(answer)).toBeNull();
});

test.each([
  ['one of them is about its item', [at('a'), item, at('a')]],
  ['the last is about its item', [at('a'), at('a'), item]],
  ['two targets share the run', [at('a'), at('b'), at('b')]],
])('it is nobody’s fault when %s', (_what, answers) => {
  const budget = errorBudget({ consecutive: 3, share: 1 });
  expect(answers.map((answer) => budget.count(answer)).at(-1)).toMatchObject({ fault: null });
});

test('too large a share is a target’s fault when all that failed did at that target', () => {
  const spend = (...failures: Parameters<ReturnType<typeof errorBudget>['count']>[0][]) => {
    const budget = errorBudget({ consecutive: 100, share: 0.2 });
    for (let outcome = failures.length; outcome < 19; outcome += 1) budget.count(OK);
    return failures
      .map((failure) => budget.count(failure))
      .concat(budget.count(at('a')))
      .at(-1);
  };
  expect(spend(at('a'), OK, at('a'), OK, at('a'), at('a'))).toMatchObject({ fault: { target: 'a' } });
  expect(spend(item, OK, at('a'), OK, at('a'), at('a'))).toMatchObject({ fault: null });
  expect(spend(at('a'), OK, at('a'))).toBeNull();
});
