import { expect, test } from 'vitest';
import { demandWords, typedDemand } from './demand-words.ts';

const action = {} as never;
const preview = {
  categories: [
    { name: 'archive', count: 6_046, action },
    { name: 'task', count: 3, action },
    { name: 'keep', count: 500, action: null },
    { name: 'empty', count: 0, action },
  ],
  decisions: 10,
};

test('a demand says what it costs, by category', () => {
  expect(demandWords({ atMost: 0.02, over: 'batch' }, preview)).toBe(
    'About 193 looks for archive, if nothing is wrong. Every item of task: nothing less proves it of so few.',
  );
  expect(demandWords({ atMost: 0.05, over: 'chunk' }, preview)).toBe(
    'About 73 looks for archive in each chunk, if nothing is wrong. Every item of task in each chunk: nothing less proves it of so few.',
  );
  expect(demandWords({ atMost: 0.02, over: 'batch' }, { ...preview, categories: [] })).toBeNull();
});

test('a demand is typed in percent, and nothing is no demand', () => {
  expect(typedDemand(' 2 ')).toEqual({ value: 0.02 });
  expect(typedDemand('0.5')).toEqual({ value: 0.005 });
  expect(typedDemand('')).toEqual({ value: null });
  for (const text of ['0', '100', '-1', '2%', '1e1', 'x']) expect(typedDemand(text)).toHaveProperty('fault');
});
