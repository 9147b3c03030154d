import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { atSize } from '#test/size.ts';
import { DATE_ORDERS, type DateFormat, type Meaning } from './meaning.ts';
import { EMPTY, isBlank, valueReader } from './read-value.ts';

const dates = (order: DateFormat['order'], zone = 'local', century = 1970): Meaning => ({
  ...{ type: 'date', number: null },
  date: { order, century, zone },
});
const YES_NO: Meaning = { type: 'yes_no', date: null, number: null };
const instant = (iso: string) => ({ kind: 'instant', ms: Date.parse(iso) });
const local = (iso: string) => ({ kind: 'local', ms: Date.parse(`${iso}Z`) });

test.each<[string, Meaning, unknown]>([
  ['03/04/2026', dates('dmy'), local('2026-04-03T00:00:00')],
  ['03/04/2026', dates('mdy'), local('2026-03-04T00:00:00')],
  ['03/04/2026', dates('ymd'), null],
  ['2026/04/03', dates('mdy'), local('2026-04-03T00:00:00')],
  // In its own order and in no other, although only one is possible.
  ['31/12/2026', dates('mdy'), null],
  ['12/31/2026', dates('dmy'), null],
  ['31.12.26', dates('dmy'), local('2026-12-31T00:00:00')],
  ['1. 2. 2026', dates('dmy'), local('2026-02-01T00:00:00')],
  ['31-12-99', dates('dmy'), local('1999-12-31T00:00:00')],
  ['3/4/69', dates('mdy'), local('2069-03-04T00:00:00')],
  ['3/4/70', dates('mdy'), local('1970-03-04T00:00:00')],
  ['3/4/26', dates('mdy', 'local', 1900), local('1926-03-04T00:00:00')],
  ['29/02/00', dates('dmy', 'local', 1950), local('2000-02-29T00:00:00')],
  ['29/02/00', dates('dmy', 'local', 1900), null],
  ['24-03-05', dates('ymd'), local('2024-03-05T00:00:00')],
  ['31/12/026', dates('dmy'), null],
  ['1/2/3', dates('dmy'), null],
  ['31/12/2026 23:59', dates('dmy'), local('2026-12-31T23:59:00')],
  ['12/31/2026, 11:59:30.250 PM', dates('mdy'), local('2026-12-31T23:59:30.250')],
  ['31/12/2026 10:00 +0200', dates('dmy'), instant('2026-12-31T08:00:00Z')],
  ['31/12/2026 10:00 XYZ', dates('dmy'), null],
  ['31/12/2026 24:01', dates('dmy'), null],
  ['2026-12-31', dates('dmy'), local('2026-12-31T00:00:00')],
  ['2026-12-31T10:00:00+02:00', dates('dmy'), instant('2026-12-31T08:00:00Z')],
  ['2026-12-31T10:00:00.5Z', dates('dmy'), instant('2026-12-31T10:00:00.5Z')],
  ['1709633472', dates('dmy'), instant('2024-03-05T10:11:12Z')],
  ['Mon, 05 Aug 2002 10:00:00 +0100', dates('mdy'), instant('2002-08-05T09:00:00Z')],
  ['5-Aug-26', dates('dmy'), local('2026-08-05T00:00:00')],
  ['August 5, 2026', dates('dmy'), local('2026-08-05T00:00:00')],
  ['5. März 2026', dates('dmy'), local('2026-03-05T00:00:00')],
  ['Dienstag, 5. Mai 2026', dates('dmy'), local('2026-05-05T00:00:00')],
  ['1er août 2026', dates('dmy'), local('2026-08-01T00:00:00')],
  ['5 févr. 2026', dates('dmy'), local('2026-02-05T00:00:00')],
  ['5 de marzo de 2026', dates('dmy'), local('2026-03-05T00:00:00')],
  ['15 settembre 2026', dates('dmy'), local('2026-09-15T00:00:00')],
  ['5 mrt 2026', dates('dmy'), local('2026-03-05T00:00:00')],
  ['5 de março de 2026', dates('dmy'), local('2026-03-05T00:00:00')],
  ['31 juin 2026', dates('dmy'), null],
  ['5 Foo 2026', dates('dmy'), null],
  // In a zone: an hour that is skipped, an hour that comes twice.
  ['2026-07-01 12:00', dates('ymd', 'Europe/Rome'), instant('2026-07-01T10:00:00Z')],
  ['2026-03-29 02:30', dates('ymd', 'Europe/Rome'), instant('2026-03-29T01:30:00Z')],
  ['2026-03-29 03:30', dates('ymd', 'Europe/Rome'), instant('2026-03-29T01:30:00Z')],
  ['2026-10-25 02:30', dates('ymd', 'Europe/Rome'), instant('2026-10-25T00:30:00Z')],
  ['2026-10-25 03:00', dates('ymd', 'Europe/Rome'), instant('2026-10-25T02:00:00Z')],
  ['2026-03-08 02:30', dates('ymd', 'America/New_York'), instant('2026-03-08T07:30:00Z')],
  ['2026-07-01 12:00', dates('ymd', 'UTC'), instant('2026-07-01T12:00:00Z')],
  ['2026-07-01T12:00:00Z', dates('ymd', 'Europe/Rome'), instant('2026-07-01T12:00:00Z')],
  ['yes', YES_NO, true],
  [' NO ', YES_NO, false],
  ['Ja', YES_NO, true],
  ['Nein', YES_NO, false],
  ['oui', YES_NO, true],
  ['SÍ', YES_NO, true],
  ['si\u0301', YES_NO, true],
  ['não', YES_NO, false],
  ['x', YES_NO, true],
  ['1', YES_NO, true],
  ['0', YES_NO, false],
  ['FALSCH', YES_NO, false],
  ['maybe', YES_NO, null],
  ['__proto__', YES_NO, null],
  ['1.234,5', { type: 'number', date: null, number: { decimal: ',', group: '.' } }, 1234.5],
  ['1,234.5', { type: 'number', date: null, number: { decimal: ',', group: '.' } }, null],
  [' a ', { type: 'text', date: null, number: null }, ' a '],
  ['007', { type: 'identifier', date: null, number: null }, '007'],
])('%j as %j', (text, meaning, value) => {
  expect(valueReader(meaning)(text)).toEqual(value);
});

const MEANINGS: Meaning[] = [
  ...DATE_ORDERS.flatMap((order) => [dates(order), dates(order, 'America/St_Johns')]),
  YES_NO,
  { type: 'number', date: null, number: { decimal: '.', group: ',' } },
  { type: 'number', date: null, number: null },
  { type: 'date', date: null, number: null },
  { type: 'text', date: null, number: null },
  { type: 'identifier', date: null, number: null },
];

test.each(['', ' ', '\t', '\u00a0\u202f', '\n'])('%j is empty, whatever it would be', (text) => {
  for (const meaning of MEANINGS) expect(valueReader(meaning)(text)).toBe(EMPTY);
});

test('any text is read or refused, and never throws', () => {
  const readers = MEANINGS.map(valueReader);
  const texts = fc.oneof(
    anyText(),
    fc.stringMatching(/^[0-9/.: -]{1,30}$/),
    fc.stringMatching(/^[0-9]{1,2}[. ]{1,2}[a-zéû]{3,9}[. ]{1,2}[0-9]{2,4}$/),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const read of readers) {
        const value = read(text);
        expect(value === EMPTY).toBe(isBlank(text));
        if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
        if (value !== null && typeof value === 'object') expect(Number.isSafeInteger(value.ms)).toBe(true);
      }
    }),
    { numRuns: atSize(100, 500) },
  );
});

const pad = (value: number) => String(value).padStart(2, '0');

test('a day that is written in an order is read back in it', () => {
  const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2089-12-31'), noInvalidDate: true });
  const zone = fc.constantFrom('local', 'UTC', 'Europe/Rome', 'Pacific/Apia');
  fc.assert(
    fc.property(
      day,
      fc.constantFrom(...DATE_ORDERS),
      fc.constantFrom('/', '.', '-'),
      fc.boolean(),
      zone,
      (date, order, mark, short, where) => {
        const [y, m, d] = date.toISOString().slice(0, 10).split('-') as [string, string, string];
        const year = short ? y.slice(2) : y;
        const text = { ymd: [year, m, d], dmy: [d, m, year], mdy: [m, d, year] }[order].join(mark);
        const value = valueReader(dates(order, where, 1990))(text);
        const midnight = Date.parse(`${y}-${m}-${d}T00:00:00Z`);
        if (where === 'local') expect(value).toEqual({ kind: 'local', ms: midnight });
        else expect(Math.abs((value as { ms: number }).ms - midnight)).toBeLessThanOrEqual(14 * 3_600_000);
      },
    ),
    { numRuns: atSize(80, 400) },
  );
});

test('an instant is read back from the clocks of a zone, but for the hour that comes twice', () => {
  const zones = fc.constantFrom('Europe/Rome', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Sao_Paulo');
  const minute = fc.integer({ min: Date.UTC(1995, 0) / 60_000, max: Date.UTC(2030, 0) / 60_000 });
  const format = (timeZone: string, ms: number) => {
    const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(ms);
    return parts.replace(',', '');
  };
  fc.assert(
    fc.property(zones, minute, (zone, at) => {
      const ms = at * 60_000;
      const written = format(zone, ms);
      const value = valueReader(dates('ymd', zone))(written) as { ms: number };
      expect(format(zone, value.ms)).toBe(written);
      if (value.ms !== ms) expect(ms - value.ms).toBeGreaterThan(0);
    }),
    { numRuns: atSize(60, 300) },
  );
});

test('the times around the midnight of a month are those of a calendar', () => {
  for (let month = 1; month <= 12; month++)
    expect(valueReader(dates('dmy'))(`01/${pad(month)}/2026`)).toEqual(local(`2026-${pad(month)}-01T00:00:00`));
});
