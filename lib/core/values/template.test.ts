import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { checkTemplate, filteredNames, renderCut, renderedLength, renderTemplate, templateFields } from './template.ts';

test('fills fields in by their literal names, without escaping', () => {
  const view = { 'Ticket Subject': '<b>&"\'</b>', 'a.b': 'dotted', '#1': 'odd' };
  expect(renderTemplate('{{Ticket Subject}} | {{ a.b }} | {{& #1}} | {{{a.b}}}', view)).toBe(
    '<b>&"\'</b> | dotted | odd | dotted',
  );
});

test('a missing or inherited name is empty', () => {
  const line = '[{{missing}}{{constructor}}{{__proto__}}{{toString}}{{hasOwnProperty}}{{a.length}}]';
  expect(renderTemplate(line, { a: 'x' })).toBe('[]');
  expect(renderTemplate(line, Object.create(null))).toBe('[]');
  expect(renderTemplate('{{__proto__}}', JSON.parse('{"__proto__":"own"}'))).toBe('own');
});

test('lengths are added up before anything is joined', () => {
  const text = `a{{x}}${'{{x}}'.repeat(2_000)}`;
  const view = { x: 'é'.repeat(4 * 1024 ** 2) };
  expect(renderedLength(text, view)).toBe(1 + 2_001 * 4 * 1024 ** 2);
  expect(() => renderTemplate(text, view)).toThrow('A text would have more than 1,048,576 characters.');
  expect(renderCut(text, view, 5)).toBe('aéééé');
  expect(renderCut('a{{x}}b', { x: 'y' }, 3)).toBe('ayb');
});

test('a value that looks like a template stays as it is', () => {
  expect(renderTemplate('{{a}}', { a: '{{b}}', b: 'no' })).toBe('{{b}}');
});

test.each([
  ['{{#a}}x{{/a}}', 1, 1, /Sections/],
  ['one\n two {{^a}}', 2, 6, /Sections/],
  ['{{/a}}', 1, 1, /no section to close/],
  ['{{> part}}', 1, 1, /Partials/],
  ['x {{=<% %>=}}', 1, 3, /Delimiters/],
  ['ok {{a}}\n{{a', 2, 1, /not closed/],
  ['{{ }}', 1, 1, /name is missing/],
  ['{{subjet}}', 1, 1, /Did you mean “subject”/],
  ['{{a}} {{b.c}}', 1, 7, /no field “b.c”/],
  ['x\n{{a | dte}}', 2, 1, /no filter “dte”\. Behind the field and a | stands date, number, text\./],
  ['{{a|}}', 1, 1, /no filter “”/],
  ['{{subjet | date}}', 1, 1, /no field “subjet”\. Did you mean “subject”/],
  ['{{b | c}}', 1, 1, /no field “b | c”/],
  ['{{a | date | text}}', 1, 1, /no field “a | date”/],
])('refuses %s in line %i, column %i', (text, line, column, message) => {
  const problems = checkTemplate(text, ['a', 'subject'], 'receiptLine');
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ path: 'receiptLine', line, column });
  expect(problems[0]?.message).toMatch(message);
});

test('a field and a filter are told apart at the last bar, unless a field is called so', () => {
  expect(checkTemplate('{{a | date}}{{ a|number }}{{{a |text}}}{{b | c}}{{b | c | date}}', ['a', 'b | c'], 'x')).toEqual([]);
  expect(filteredNames('{{x}}\n {{ a b | date }} {{b | c}}')).toEqual([
    { name: 'a b | date', field: 'a b', filter: 'date', line: 2, column: 2 },
  ]);
  expect(filteredNames('{{#a | date}}')).toEqual([]);
  expect(renderTemplate('{{a | date}}', { a: '1', 'a | date': '2' })).toBe('2');
});

test('accepts plain text, comments and known fields', () => {
  expect(checkTemplate('{{! why }}{ } }} {{a}}', ['a'], 'x')).toEqual([]);
  expect(templateFields('{{a}} {{b}} {{a}}')).toEqual(['a', 'b']);
});

const bits = fc.constantFrom('{{', '}}', '{', '}', '#', '/', '^', '!', '=', '&', 'a', ' ', '\n', '\u2028', '\ud800');
const templates = fc.oneof(
  anyText(),
  fc.array(bits).map((all) => all.join('')),
);

test('text without braces comes through unchanged, and nothing but the checked form renders', () => {
  fc.assert(
    fc.property(templates, (text) => {
      if (!text.includes('{{')) expect(renderTemplate(text, {})).toBe(text);
      const problems = checkTemplate(text, [], 'x').filter(({ message }) => !message.startsWith('There is no field'));
      if (problems.length > 0) expect(() => renderTemplate(text, {})).toThrow();
      else expect(typeof renderTemplate(text, {})).toBe('string');
    }),
  );
});
