/** Numbers of a workbook as the text that a person sees in their cells: its dates are numbers, and only the cell's style says so (ECMA-376 18.8.30). */

/** How the number of a cell is shown. `digits`: filled up with zeros to so many, as postcodes are. */
export type Shown = { kind: 'number' | 'date' | 'time' | 'duration'; digits: number };

const PLAIN: Shown = { kind: 'number', digits: 0 };

/** Of the formats that have a number and no code in the file. */
export function shownById(id: number): Shown {
  if ((id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58))
    return { kind: 'date', digits: 0 };
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id === 45 || id === 47) return { kind: 'time', digits: 0 };
  return id === 46 ? { kind: 'duration', digits: 0 } : PLAIN;
}

export function shownByCode(code: string): Shown {
  const first = code.split(';', 1)[0] ?? '';
  if (/\[(?:h+|m+|s+)\]/i.test(first)) return { kind: 'duration', digits: 0 };
  // Without texts, colours, conditions and languages.
  const bare = first.replace(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g, '');
  if (/^general$/i.test(bare.trim())) return PLAIN;
  if (/[yd]/i.test(bare) || /m{3,}/i.test(bare)) return { kind: 'date', digits: 0 };
  if (/[hs]/i.test(bare)) return { kind: 'time', digits: 0 };
  if (/^m+$/i.test(bare.trim())) return { kind: 'date', digits: 0 };
  return /^0{2,}$/.test(bare) ? { kind: 'number', digits: bare.length } : PLAIN;
}

/** @param written as it stands in the file @param from1904 whether day 0 is 1 January 1904. */
export function textOfNumber(written: string, shown: Shown, from1904: boolean): string {
  const value = Number(written);
  if (written.trim() === '' || !Number.isFinite(value)) return written;
  if (shown.kind === 'date') return dateOf(value, from1904) ?? plain(value);
  if (shown.kind === 'time') return value >= 0 && value < 1 ? clock(value, 24) : (dateOf(value, from1904) ?? plain(value));
  if (shown.kind === 'duration' && value >= 0) return clock(value, Number.POSITIVE_INFINITY);
  const text = plain(value);
  return shown.digits > 0 && /^\d+$/.test(text) ? text.padStart(shown.digits, '0') : text;
}

/** As many digits as programs show: the seventeenth of 1.1000000000000001 is nobody's. */
function plain(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(15)));
}

const DAY_MS = 86_400_000;
/** 31 December 9999. */
const LAST_DAY = 2_958_465;

/** ISO 8601, with the time where there is one. Excel's 1900 had a 29 February, so days before it are one less. */
function dateOf(value: number, from1904: boolean): string | null {
  if (value < 0 || value > LAST_DAY + 1) return null;
  const start = from1904 ? Date.UTC(1904, 0, 1) : value < 60 ? Date.UTC(1899, 11, 31) : Date.UTC(1899, 11, 30);
  const ms = Math.round((value * DAY_MS) / 10) * 10;
  const iso = new Date(start + ms).toISOString();
  if (ms % DAY_MS === 0) return iso.slice(0, 10);
  return iso.replace(/\.000Z$|Z$/, '');
}

function clock(days: number, hoursMax: number): string {
  const seconds = Math.round(days * 86_400);
  const hours = Math.floor(seconds / 3_600);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(hoursMax === 24 ? hours % 24 : hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
