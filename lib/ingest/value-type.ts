import { isBlank } from '#lib/core/values/read-value.ts';
import type { ValueType } from '#lib/core/values/value-types.ts';
import { waysOf } from '#lib/core/values/ways.ts';

const EMAIL = /^[^\s@<>"',;]{1,64}@[^\s@<>"',;]+\.[^\s@<>"',;.]{2,}$/;
const URL_LIKE = /^(?:https?|ftp):\/\/\S+$/i;
const CHARS_MAX = 300;
/** A number, a date, and yes or no are what a reader of values reads as one; which century a year is of makes no difference to that. */
const CENTURY = 1970;

/**
 * What one value by itself looks like. A whole number is a number though it could be a year or an instant, and digits that are none ("00123") are a text, for
 * they are a code.
 * @internal for its tests
 */
export function typeOf(value: string): ValueType {
  if (isBlank(value)) return 'empty';
  const { formats, date, yesNo, digits } = waysOf(value, CENTURY);
  if (formats !== 0) return 'number';
  if (date !== null && !digits) return 'date';
  if (yesNo !== null && value.trim().length > 1) return 'boolean';
  return kindOfText(value);
}

/** What a text looks like that is nothing else: for people and for a first plan. Its meaning is text whatever it looks like. */
export function kindOfText(value: string): 'email' | 'url' | 'text' {
  if (value.length > CHARS_MAX) return 'text';
  if (value.includes('@')) return EMAIL.test(value.trim()) ? 'email' : 'text';
  return value.includes('://') && URL_LIKE.test(value.trim()) ? 'url' : 'text';
}
