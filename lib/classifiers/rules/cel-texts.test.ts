import { expect, test } from 'vitest';
import { compileCondition, itemView } from './cel.ts';

const FIELDS = ['text', 'other'];

/** true, false, or what it throws. */
function told(when: string, text: string, other = ''): boolean | string {
  const condition = compileCondition(when, FIELDS);
  if ('faults' in condition) throw new Error(condition.faults[0]?.message);
  try {
    return condition.holds(itemView({ text, other }, FIELDS)) as boolean;
  } catch (error) {
    return (error as Error).message;
  }
}

test.each([
  ["'aXbXc'.replace('X', '-') == 'a-b-c'"],
  ["'aXbXc'.replace('X', '-', 1) == 'a-bXc'"],
  ["'aXbXc'.replace('X', '-', 0) == 'aXbXc'"],
  ["'aXbXc'.replace('X', '-', -1) == 'a-b-c'"],
  ["'abc'.replace('', '_') == '_a_b_c_'"],
  ["'abc'.replace('', '_', 2) == '_a_bc'"],
  ["'abc'.replace('z', '_') == 'abc'"],
  ["'aXb'.replace('X', '$&') == 'a$&b'"],
  ["'a b c'.split(' ') == ['a', 'b', 'c']"],
  ["'a b c'.split(' ', 2) == ['a', 'b c']"],
  ["'a b c'.split(' ', 1) == ['a b c']"],
  ["'a b c'.split(' ', 0) == []"],
  ["'a b c'.split(' ', -1) == ['a', 'b', 'c']"],
  ["'a💩'.split('') == ['a', '💩']"],
  ["['a', 'b'].join() == 'ab'"],
  ["['a', 'b'].join('-') == 'a-b'"],
  ["item.text.split(' ').exists(w, w == 'there')"],
])('%s', (when) => {
  expect(told(when, 'hello there')).toBe(true);
});

const MEGABYTE = 'ab '.repeat(350_000);

test.each([
  ["item.text.replace('a', item.text) == 'x'", 'it would make more than 100,000,000 characters'],
  [
    "[1].map(i, item.text.replace('a', item.text.replace('a', item.text))).size() == 9",
    'it would make more than 100,000,000 characters',
  ],
  ["item.text.split(' ', 900).map(c, item.text).join('') == 'x'", 'it would make more than 100,000,000 characters'],
  ["item.text.split('').all(c, item.text.contains(c))", 'it would make a list of more than 1,000,000 members'],
  ["item.text.split(' ', 900).map(c, c + item.text).size() == 9", 'it would make more than 100,000,000 characters'],
  [
    "item.text.split(' ', 900).map(c, '%s%s'.format([item.text, c])).size() == 9",
    'it would make more than 100,000,000 characters',
  ],
  ["item.text.split(' ', 900).map(c, bytes(item.text)).size() == 9", 'it would make more than 100,000,000 characters'],
  ["item.text.split(' ', 900).map(c, item.text.trim()).size() == 9", 'it would make more than 100,000,000 characters'],
  [`[item.text]${'.map(x, x + x)'.repeat(40)}.size() == 9`, 'it would make more than 100,000,000 characters'],
  [`[[item.text]]${'.map(x, x + x)'.repeat(40)}.size() == 9`, 'it would make a list of more than 1,000,000 members'],
])('a condition that makes much out of little stops, and says so: %s', (when, message) => {
  expect(told(when, MEGABYTE)).toBe(message);
});

test('what one condition used up is not missing to the next', () => {
  expect(told("item.text.replace('a', item.text) == 'x'", 'a'.repeat(20_000))).toMatch(/more than/);
  expect(compileCondition("item.text.matches('x')", FIELDS)).toHaveProperty('holds');
  expect(told("item.text.matches('x')", 'x')).toBe(true);
});

test('what people write is evaluated on megabytes', () => {
  const text = `${'ab '.repeat(1_300_000)}needle`;
  expect(told("item.text.contains('needle')", text)).toBe(true);
  expect(told("item.text.lower().contains('needle')", text)).toBe(true);
  expect(told("item.text.matches('(?i)NEEDLE')", text)).toBe(true);
  expect(told("item.text.replace('a', 'b').endsWith('needle')", text)).toBe(true);
  expect(told("item.other.split(',').exists(w, item.text.lower().contains(w))", text, 'x,y,needle')).toBe(true);
});

test('a text of megabytes can be looked through for many words', () => {
  const words = Array.from({ length: 100 }, (_, index) => `q${index}`).join();
  expect(told("item.other.split(',').exists(w, item.text.lower().contains(w))", 'Ab '.repeat(1_300_000), words)).toBe(false);
});

test('many words of an ordinary mail can be looped over', () => {
  const text = 'word '.repeat(4_000);
  expect(told("item.text.split(' ').exists(w, w == 'missing')", text)).toBe(false);
});
