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
  expect(summaryText(scratchpadSummary(['task', 'fyi', 'skip', 'empty'], counts, { read: 50, unreadable: 0 }))).toBe(
    '{"processed": 50, "categories": {"task": 3, "fyi": 40, "skip": 7}}\n',
  );
});

test('rows that could not be read stand in it', () => {
  expect(summaryText(scratchpadSummary([], new Map([['keep', 50]]), { read: 6_046, unreadable: 22 }))).toBe(
    '{"processed": 50, "categories": {"keep": 50}, "rows": {"read": 6046, "unreadable": 22, "told": "6,046 of 6,068 rows; 22 could not be read"}}\n',
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
      { read: 3, unreadable: 0 },
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
