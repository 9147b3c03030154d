import fc from 'fast-check';
import { expect, test } from 'vitest';
import { atSize } from '#test/size.ts';
import { civil, hasIsoForm, isoDay, isoForm, type Period, periodName, periodOf, readDate, wallClock } from './dates.ts';

const instant = (iso: string) => ({ kind: 'instant', ms: Date.parse(iso) });
const local = (iso: string) => ({ kind: 'local', ms: Date.parse(`${iso}Z`) });

test.each([
  ['2024-03-05T10:11:12Z', instant('2024-03-05T10:11:12Z')],
  ['2024-03-05T10:11:12.345+02:00', instant('2024-03-05T08:11:12.345Z')],
  ['2024-03-05 10:11:12 -0530', instant('2024-03-05T15:41:12Z')],
  ['20240305T101112Z', instant('2024-03-05T10:11:12Z')],
  ['2024-03-05', local('2024-03-05T00:00:00')],
  ['2024-03-05 10:11', local('2024-03-05T10:11:00')],
  ['20240305', local('2024-03-05T00:00:00')],
  ['2024-03', local('2024-03-01T00:00:00')],
  ['2024', local('2024-01-01T00:00:00')],
  ['Mon, 05 Aug 2002 10:00:00 +0100 (BST)', instant('2002-08-05T09:00:00Z')],
  ['5 Aug 02 10:00 EST', instant('2002-08-05T15:00:00Z')],
  ['Mon, 5 Aug 102 10:00:00 GMT', instant('2002-08-05T10:00:00Z')],
  ['Mon, 5 Aug 2002 10:00:00 XYZ', instant('2002-08-05T10:00:00Z')],
  ['Mon Aug  5 10:00:00 2002', local('2002-08-05T10:00:00')],
  ['5 March 2024', local('2024-03-05T00:00:00')],
  ['March 5, 2024 3:30 pm', local('2024-03-05T15:30:00')],
  ['05-Mar-2024', local('2024-03-05T00:00:00')],
  ['2024/3/5', local('2024-03-05T00:00:00')],
  ['31.12.2024 23:59', local('2024-12-31T23:59:00')],
  ['31/12/2024', local('2024-12-31T00:00:00')],
  ['12/31/2024 12:05 AM', local('2024-12-31T00:05:00')],
  ['5/5/2024', local('2024-05-05T00:00:00')],
  ['3/4/2024', { kind: 'either', dayFirst: Date.UTC(2024, 3, 3), monthFirst: Date.UTC(2024, 2, 4) }],
  ['1709633472', instant('2024-03-05T10:11:12Z')],
  ['1709633472123', instant('2024-03-05T10:11:12.123Z')],
  ['2024-02-29', local('2024-02-29T00:00:00')],
  ['2016-12-31T23:59:60Z', instant('2016-12-31T23:59:59Z')],
])('reads %s', (text, expected) => {
  expect(readDate(text)).toEqual(expected);
});

test.each([
  '',
  '  ',
  'yesterday',
  '2023-02-29',
  '2024-13-01',
  '2024-04-31',
  '31/31/2024',
  '2024-03-05T25:00:00Z',
  '13:00 pm',
  '42',
  '200403',
  '99999999999999999',
  '5 Foo 2024',
  '__proto__',
  'Mon, 05 constructor 2002 10:00:00',
  '1/2/3',
  'x'.repeat(1_000_000),
  '2024-03-05T10:11:12+', // a zone that was cut off
])('does not invent a date from %.40s', (text) => {
  expect(readDate(text)).toBeNull();
});

test('the wall clock agrees with Intl at every instant, on the days of a change too', () => {
  for (const timeZone of ['Europe/Rome', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC']) {
    const toLocal = wallClock(timeZone);
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    const agrees = (ms: number): void => {
      expect(new Date(toLocal(ms)).toISOString().slice(0, 19).replace('T', ' ')).toBe(format.format(ms));
    };
    fc.assert(fc.property(fc.integer({ min: Date.UTC(1980, 0), max: Date.UTC(2035, 0) }), agrees), { numRuns: atSize(60, 300) });
    // Around the European and the Australian changes of 2024, minute by minute enough.
    for (let ms = Date.UTC(2024, 2, 30, 22); ms < Date.UTC(2024, 2, 31, 4); ms += 7 * 60_000) agrees(ms);
    for (let ms = Date.UTC(2024, 3, 6, 12); ms < Date.UTC(2024, 3, 6, 18); ms += 7 * 60_000) agrees(ms);
  }
});

test('the calendar agrees with Date', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1, 0), max: Date.UTC(3000, 0) }), (ms) => {
      const date = new Date(ms);
      expect(civil(ms)).toEqual({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() });
      expect(isoDay(ms)).toBe(date.toISOString().slice(0, 10));
    }),
  );
});

test('periods are numbered in the order of time', () => {
  const every = fc.constantFrom<Period>('day', 'week', 'month', 'quarter', 'year');
  const ms = fc.integer({ min: Date.UTC(1980, 0), max: Date.UTC(2035, 0) });
  fc.assert(
    fc.property(every, ms, ms, (period, one, other) => {
      const [early, late] = one <= other ? [one, other] : [other, one];
      expect(periodOf(period, early)).toBeLessThanOrEqual(periodOf(period, late));
      expect(periodOf(period, early + 86_400_000) - periodOf(period, early)).toBeLessThanOrEqual(1);
    }),
  );
});

test.each<[Period, string, string, string]>([
  ['day', '2024-03-05', '2024-03-05', '2024-03-05'],
  ['day', '2024-03-05', '2024-03-09', '2024-03-05–2024-03-09'],
  ['week', '2024-03-20', '2024-03-20', 'Week 12, 2024'],
  ['week', '2024-03-20', '2024-04-05', 'Weeks 12–14, 2024'],
  ['week', '2020-12-31', '2021-01-04', 'Week 53, 2020–Week 1, 2021'],
  ['week', '2021-01-03', '2021-01-03', 'Week 53, 2020'],
  ['week', '2018-12-31', '2018-12-31', 'Week 1, 2019'],
  ['month', '2024-03-05', '2024-03-31', 'March 2024'],
  ['month', '2024-03-05', '2024-05-01', 'March–May 2024'],
  ['month', '2023-12-05', '2024-01-01', 'December 2023–January 2024'],
  ['quarter', '2024-09-30', '2024-07-01', '2024 Q3'],
  ['quarter', '2024-01-01', '2024-09-01', '2024 Q1–Q3'],
  ['quarter', '2023-12-01', '2024-01-01', '2023 Q4–2024 Q1'],
  ['year', '2024-01-01', '2024-12-31', '2024'],
  ['year', '2001-01-01', '2003-12-31', '2001–2003'],
])('names %s %s to %s: %s', (every, from, to, name) => {
  expect(periodName(every, periodOf(every, Date.parse(from)), periodOf(every, Date.parse(to)))).toBe(name);
});

test.each([
  ['2024-03-05', 'YYYY-MM-DD'],
  ['2024-03', 'YYYY-MM'],
  ['2024', 'YYYY'],
  ['2024-03-05T10:11', 'YYYY-MM-DDThh:mm'],
  ['2024-03-05 10:11:12', 'YYYY-MM-DD hh:mm:ss'],
  ['2024-03-05T10:11:12,5Z', 'YYYY-MM-DDThh:mm:ss,fZ'],
  ['2024-03-05T10:11:12.123456789+02:00', 'YYYY-MM-DDThh:mm:ss.fffffffff+02:00'],
  ['2024-02-30', null],
  ['2024-03-05T24:00', null],
  [' 2024-03-05', null],
  ['20240305', null],
  ['2024-3-5', null],
  ['2024-03-05T10', null],
  ['05/03/2024', null],
  ['', null],
])('%j is of the form %j', (text, form) => {
  expect(isoForm(text)).toBe(form);
  if (form !== null) expect(hasIsoForm(text, form)).toBe(true);
});

test('texts of one form of ISO 8601 are in the order of the moments that they name', () => {
  const zones = fc.constantFrom('', 'Z', '+02:00', '-0530');
  const moment = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
  fc.assert(
    fc.property(moment, moment, fc.constantFrom(7, 10, 16, 19, 21, 23), zones, (one, other, length, zone) => {
      const text = (date: Date) => `${date.toISOString().slice(0, length)}${length > 10 ? zone : ''}`;
      const [left, right] = [text(one), text(other)];
      const form = isoForm(left) ?? '';
      expect(form.length).toBe(left.length);
      expect(hasIsoForm(right, form)).toBe(true);
      const ms = (read: ReturnType<typeof readDate>) => (read !== null && 'ms' in read ? read.ms : Number.NaN);
      expect(Math.sign(ms(readDate(left)) - ms(readDate(right)))).toBe(left < right ? -1 : left > right ? 1 : 0);
    }),
  );
});

test.each([
  ['2024-03-05T10:00:00+01:00', 'YYYY-MM-DDThh:mm:ss+02:00'],
  ['2024-03-05T10:00:00', 'YYYY-MM-DDThh:mm:ssZ'],
  ['2024-03-05T24:00', 'YYYY-MM-DDThh:mm'],
  ['2024-03-05 10:00', 'YYYY-MM-DDThh:mm'],
  ['2024-03-0x', 'YYYY-MM-DD'],
  ['05/03/2024', 'YYYY-MM-DD'],
])('%j is not of the form %j', (text, form) => {
  expect(hasIsoForm(text, form)).toBe(false);
});
