/** How wide the columns of a table of rows are: as wide as most of their values, so that a date does not get the room of a text. Pure. */

export type Column = { width: number; grows: boolean };

const CHAR_PX = 8;
const PADDING_PX = 24;
const SORT_SIGN_PX = 18;
const MIN_PX = 56;
const MAX_PX = 360;
/** Above this a value is read as a text, and what room there is goes to it. */
const GROWS_PX = 220;
const LOOKED_AT = 100;
/** Of the values that are looked at, so many are seen whole, up to MAX_PX. */
const SEEN_WHOLE = 0.9;

/** The columns of these fields, from their names as people read them and the first rows. */
export function columnsOf(
  fields: readonly { name: string; label: string }[],
  items: readonly { fields: Readonly<Record<string, string>> }[],
): Column[] {
  const first = items.slice(0, LOOKED_AT);
  return fields.map(({ name, label }) => {
    const lengths = first
      .map(({ fields: own }) => (Object.hasOwn(own, name) ? spaceOf(own[name] ?? '') : 0))
      .sort((a, b) => a - b);
    const usual = lengths[Math.ceil(lengths.length * SEEN_WHOLE) - 1] ?? 0;
    const wanted = Math.max(usual * CHAR_PX, spaceOf(label) * CHAR_PX + SORT_SIGN_PX) + PADDING_PX;
    const width = Math.round(Math.min(MAX_PX, Math.max(MIN_PX, wanted)));
    return { width, grows: width >= GROWS_PX };
  });
}

/** The tracks of a grid. Where no column grows, what is left stays empty on the right. */
export function tracksOf(columns: readonly Column[]): string {
  const tracks = columns.map(({ width, grows }) => (grows ? `minmax(${width}px, ${width}fr)` : `${width}px`));
  return [...tracks, ...(columns.some(({ grows }) => grows) ? [] : ['1fr'])].join(' ');
}

/** In characters of the Latin alphabet; those of East Asia are twice as wide. A line of it is enough: a cell shows one. */
function spaceOf(text: string): number {
  // A moment is drawn in the person's time zone: 2026-12-31 23:59.
  if (INSTANT.test(text)) return 16;
  let space = 0;
  for (const char of text.slice(0, 100)) space += (char.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1;
  return space;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;
