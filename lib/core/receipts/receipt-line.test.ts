import { describe, expect, test } from 'vitest';
import { decisionLine, ERASED, fieldsLine, type LineOf, receiptLine } from './receipt-line.ts';

const PLAN = { receiptLine: '', receiptFields: ['date', 'from', 'subject'] };
const VALUES = { date: '2020-11-03', from: 'deals@shop.x', subject: 'Weekly deals' };
const SUCCESS: LineOf = { kind: 'outcome', result: 'succeeded', reason: null, evidence: null, past: 'Archived', values: VALUES };

describe('a line says what happened', () => {
  test.each<[string, Partial<LineOf>, string]>([
    ['done', {}, 'Archived'],
    ['failed', { result: 'failed', reason: 'http_404' }, 'Failed (HTTP 404)'],
    ['uncertain', { result: 'uncertain', reason: 'timeout' }, 'Uncertain (timeout)'],
    ['skipped', { result: 'skipped', reason: 'gone' }, 'Skipped (gone)'],
    ['intent', { kind: 'intent', result: null }, 'Intent'],
    ['a person: it happened', { kind: 'resolution', evidence: 'person' }, 'Archived, as a person says'],
    [
      'a person: it did not',
      { kind: 'resolution', result: 'not_executed', evidence: 'person' },
      'Not executed, as a person says',
    ],
    ['nobody will know', { kind: 'resolution', result: 'abandoned', evidence: 'person' }, 'Accepted as unknown'],
  ])('%s', (_, more, verb) => {
    expect(receiptLine(PLAN, { ...SUCCESS, ...more })).toBe(`${verb}: 2020-11-03 | deals@shop.x | Weekly deals`);
  });

  test('by the template of the plan', () => {
    expect(receiptLine({ ...PLAN, receiptLine: '{{subject}} / {{verb}}' }, SUCCESS)).toBe('Weekly deals / Archived');
  });

  test('an instant is its day in the plan’s time zone; in that of UTC where the plan names none', () => {
    const values = { ...VALUES, date: '2026-10-24T22:30:00Z' };
    const inRome = { ...PLAN, timeZone: 'Europe/Rome' };
    expect(fieldsLine(PLAN, values)).toBe('2026-10-24 | deals@shop.x | Weekly deals');
    expect(fieldsLine(inRome, values)).toBe('2026-10-25 | deals@shop.x | Weekly deals');
    expect(receiptLine({ ...inRome, receiptLine: '{{date}}' }, { ...SUCCESS, values })).toBe('2026-10-25');
    expect(fieldsLine(inRome, { date: '2026-02-30T99:00:00Z' })).toContain('2026-02-30');
    expect(fieldsLine({ ...PLAN, timeZone: 'Europe/Atlantis' }, values)).toContain('2026-10-24');
  });

  test('a line that would be endless is cut before it is made, and a failure is still one', () => {
    const values = { ...VALUES, subject: 'x'.repeat(4 * 1024 ** 2) };
    const plan = {
      receiptLine: `${'{{subject}}'.repeat(1_000)} {{verb}}`,
      receiptFields: ['subject', ...Array.from({ length: 499 }, () => 'subject')],
    };
    expect(receiptLine(plan, { ...SUCCESS, values })).toBe(`${'x'.repeat(20_000)}…`);
    expect(receiptLine(plan, { ...SUCCESS, result: 'failed', values })).toBe(`Failed: ${'x'.repeat(20_000)}…`);
    expect(fieldsLine(plan, values)).toBe(`${'x'.repeat(20_000)}…`);
  });

  test('a template without a verb never makes a failure read as a success', () => {
    const plan = { ...PLAN, receiptLine: '{{subject}}' };
    expect(receiptLine(plan, SUCCESS)).toBe('Weekly deals');
    expect(receiptLine(plan, { ...SUCCESS, result: 'failed', reason: 'http_500' })).toBe('Failed (HTTP 500): Weekly deals');
  });

  test('a field that is called verb does not say what happened', () => {
    expect(
      receiptLine(
        { receiptLine: '{{verb}}', receiptFields: ['verb'] },
        { ...SUCCESS, result: 'failed', values: { verb: 'Archived' } },
      ),
    ).toBe('Failed');
  });
});

test('hostile values: one line, names looked up as they are, the erased ones said', () => {
  const values = { subject: 'a\n# forged </script> \\u0000 🎉', '{{#x}}': 'odd' };
  expect(
    receiptLine({ receiptLine: '', receiptFields: ['subject', '{{#x}}', '__proto__', 'toString'] }, { ...SUCCESS, values }),
  ).toBe('Archived: a # forged </script> \\u0000 🎉 | odd | |');
  expect(fieldsLine(PLAN, { date: ERASED, from: ERASED, subject: ERASED })).toBe('[erased] | [erased] | [erased]');
});

test('a decision in words, counts in the order of the plan', () => {
  const answers = { next: true, execute: true, sendBack: false, close: false, release: false };
  const decision = {
    answers,
    counts: { keep: 408, archive: 1902, constructor: 1 },
    by: 'Bo\n# x',
    at: '2026-03-04T14:02:59.000Z',
  };
  expect(decisionLine(decision, ['archive', 'toString', 'keep'])).toBe(
    'approved by Bo # x, 1,902 archive, 408 keep, 1 constructor, 2026-03-04 14:02 UTC',
  );
  expect(decisionLine({ ...decision, signing: 'first' }, ['archive'])).toMatch(
    /^signed first by Bo # x, 1,902 archive, .* 14:02 UTC; a second signature is needed$/,
  );
  expect(decisionLine({ ...decision, signing: 'second' }, [])).toMatch(/^approved by Bo # x, .* UTC$/);
  expect(decisionLine({ ...decision, signing: 'refused' }, [])).toMatch(/^not signed by Bo # x, /);
  expect(decisionLine({ ...decision, answers: { ...answers, execute: false } }, [])).toMatch(/^reviewed, not executed by /);
  expect(decisionLine({ ...decision, answers: { ...answers, execute: false, release: true } }, [])).toMatch(/^rest released by /);
});
