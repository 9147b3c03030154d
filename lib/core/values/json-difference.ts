/** In what a JSON text that is there differs from one that is to be sent. */

/** A value that is no object and no list, as its JSON text: a number with all of its digits. */
class Scalar {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Difference = { at: string; now: string | null; will: string };

const VALUE_CHARS_MAX = 300;

/**
 * The members of `will` that `now` has otherwise or not at all, by their JSON pointers, at most `most`. What only `now` has is left out: whether it stays is the
 * target's affair. Null where one of them is no JSON, or `will` has no members.
 */
export function jsonDifference(now: string, will: string, most: number): Difference[] | null {
  const [is, planned] = [parsed(now), parsed(will)];
  if (is === undefined || planned === undefined || !isBranch(planned)) return null;
  const found: Difference[] = [];
  try {
    compare(is, planned, '', found, most);
  } catch (error) {
    // Brackets in brackets without end.
    if (error instanceof RangeError) return null;
    throw error;
  }
  return found;
}

function compare(now: unknown, will: unknown, at: string, found: Difference[], most: number): void {
  if (found.length >= most) return;
  if (isBranch(will) && isBranch(now) && Array.isArray(will) === Array.isArray(now)) {
    for (const [name, value] of Object.entries(will)) {
      const own = Object.hasOwn(now, name) ? (now as Record<string, unknown>)[name] : undefined;
      compare(own, value, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, found, most);
    }
    if (!Array.isArray(will) || !Array.isArray(now) || now.length <= will.length) return;
    found.push({ at, now: entries(now), will: entries(will) });
    return;
  }
  const [is, planned] = [now === undefined ? null : written(now), written(will)];
  if (is !== planned) found.push({ at, now: is === null ? null : short(is), will: short(planned) });
}

const entries = ({ length }: readonly unknown[]): string => `${length} ${length === 1 ? 'entry' : 'entries'}`;

const isBranch = (value: unknown): value is object => typeof value === 'object' && value !== null && !(value instanceof Scalar);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (_name, value: unknown, context?: { source?: string }) => {
      if (typeof value === 'object' && value !== null) return value;
      return new Scalar(typeof value === 'number' ? numberText(value, context?.source ?? String(value)) : JSON.stringify(value));
    });
  } catch {
    return undefined;
  }
}

/** 1.0 and 1 are one number; of one that lost digits the text counts. */
function numberText(value: number, source: string): string {
  const whole = Number.isInteger(value) && !Number.isSafeInteger(value);
  return whole ? source : String(value);
}

function written(value: unknown): string {
  if (value instanceof Scalar) return value.text;
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  return `{${Object.entries(value as object)
    .map(([name, one]) => `${JSON.stringify(name)}:${written(one)}`)
    .join(',')}}`;
}

const short = (text: string): string =>
  text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX).toWellFormed()}…`;
