/**
 * Text as PostgreSQL's jsonb can hold it. NUL and lone surrogates can't be stored there, so they are written visibly as `\u0000` and
 * `\ud800` (six characters); a backslash that would otherwise read as such an escape is written `\u005c`. Everything else stays as it
 * is, and `fromVisible` gives back exactly what went in. The original bytes are in `raw` in any case.
 */

const INVISIBLE = /\0|\p{Surrogate}|\\(?=u(?:0000|005c|d[89a-f][0-9a-f]{2}))/gu;
const VISIBLE = /\\u(0000|005c|d[89a-f][0-9a-f]{2})/g;

/** Escapes what jsonb can't hold. */
export function toVisible(text: string): string {
  if (!needsEscape(text)) return text;
  return text.replace(INVISIBLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The inverse of `toVisible`. @internal for its tests */
export function fromVisible(text: string): string {
  return text.replace(VISIBLE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function needsEscape(text: string): boolean {
  return text.includes('\0') || text.includes('\\u') || !text.isWellFormed();
}
