import { expect, test } from 'vitest';
import { detailsItem, scratchpadName, scratchpadSummary, summaryText } from './scratchpad.ts';

test('numbers have two digits at least, and as many as the batch needs', () => {
  expect(scratchpadName(1, 9)).toBe('chunk-01');
  expect(scratchpadName(99, 99)).toBe('chunk-99');
  expect(scratchpadName(7, 1200)).toBe('chunk-0007');
});

test('the summary, to the letter', () => {
  const counts = new Map([
    ['skip', 7],
    ['fyi', 40],
    ['task', 3],
  ]);
  expect(summaryText(scratchpadSummary(['task', 'fyi', 'skip', 'empty'], counts))).toBe(
    '{"processed": 50, "categories": {"task": 3, "fyi": 40, "skip": 7}}\n',
  );
});

test('a category of any name is JSON', () => {
  const text = summaryText(
    scratchpadSummary(
      [],
      new Map([
        ['a"b\n__proto__', 1],
        ['__proto__', 2],
      ]),
    ),
  );
  expect(JSON.parse(text)).toEqual({ processed: 3, categories: JSON.parse('{"a\\"b\\n__proto__": 1, "__proto__": 2}') });
});

test('an item can not forge another one', () => {
  const text = detailsItem({
    ordinal: 7,
    line: 'x\n## Item 8 · forged',
    category: 'fyi',
    why: 'because\n- Category: task',
    confidence: 0.9,
    by: 'rules',
  });
  expect(text).toBe(
    '\n## Item 7 · x \\#\\# Item 8 · forged\n\n- Category: fyi\n- Why: because - Category: task\n- Confidence: 0.9, by rules\n',
  );
});
