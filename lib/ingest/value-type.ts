import { readDate } from '#lib/core/values/dates.ts';
import type { ValueType } from '#lib/core/values/value-types.ts';

const NUMBER = /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:[.,]\d+)?(?:[eE][+-]?\d{1,3})?%?$/;
const EMAIL = /^[^\s@<>"',;]{1,64}@[^\s@<>"',;]+\.[^\s@<>"',;.]{2,}$/;
const URL_LIKE = /^(?:https?|ftp):\/\/\S+$/i;
const BOOLEANS = new Set(['true', 'false', 'yes', 'no', 'TRUE', 'FALSE', 'True', 'False', 'Yes', 'No', 'YES', 'NO']);

/**
 * What one value looks like. A whole number stays a number though it could be a year or an epoch: a date needs more than digits. A
 * number with a leading zero ("00123") is a text, for it is a code that must keep it.
 */
export function typeOf(value: string): ValueType {
  const length = value.length;
  if (length === 0) return 'empty';
  if (length > 300) return 'text';
  const first = value.charCodeAt(0);
  // Digits, signs and the decimal point begin a number; digits may begin a date too.
  if ((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46) return typeOfDigits(value, length, first);
  if (first === 32 || (first >= 9 && first <= 13)) {
    const trimmed = value.trim();
    return trimmed.length === length ? 'text' : typeOf(trimmed);
  }
  if (length <= 5 && BOOLEANS.has(value)) return 'boolean';
  if (value.includes('@')) return EMAIL.test(value) ? 'email' : 'text';
  if (value.includes('://')) return URL_LIKE.test(value) ? 'url' : 'text';
  return length <= 60 && MONTH_LIKE.test(value) && readDate(value) ? 'date' : 'text';
}

/** A cheap look before the date is read in words: "Mon, 05 Aug 2002", "March 5, 2024". */
const MONTH_LIKE = /^[A-Za-z]{3,9}[ ,.].*\d{4}/;

function typeOfDigits(value: string, length: number, first: number): ValueType {
  const second = value.charCodeAt(1);
  if (NUMBER.test(value)) {
    if (length === 1 && (first < 48 || first > 57)) return 'text';
    return first === 48 && length > 1 && second >= 48 && second <= 57 ? 'text' : 'number';
  }
  if (first >= 48 && first <= 57 && length >= 6 && readDate(value)) return 'date';
  return value.includes('@') && EMAIL.test(value) ? 'email' : 'text';
}
