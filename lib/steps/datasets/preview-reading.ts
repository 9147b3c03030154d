/** What a change of a reading would change, tried on the beginning of the file. Writes nothing. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PREVIEW_READING_BYTES, PREVIEW_READING_ROWS, PREVIEW_READING_ROWS_SHOWN } from '#lib/core/limits.ts';
import { certain } from '#lib/core/values/guess.ts';
import { type FieldGuess, meaningOf } from '#lib/core/values/meaning.ts';
import { questionsOf } from '#lib/core/values/questions.ts';
import { EMPTY, type Read, valueReader } from '#lib/core/values/read-value.ts';
import type { ReadingBody } from '#lib/core/values/reading-body.ts';
import { answered, type Said, saidIn, saidToo } from '#lib/core/values/said.ts';
import type { Item } from '#lib/ingest/port.ts';
import { Profile } from '#lib/ingest/profile.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import type { ReadingChange, ReadingPreview } from '#lib/shapes/readings.ts';
import { readItemPage } from '#lib/store/datasets/items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { assertFits, changesRows, readChange } from './change-reading.ts';
import { seenOf } from './read-reading.ts';
import { filesOf, type ReadingNow, readReadingNow } from './reading-now.ts';
import { segmentsOf } from './receive.ts';

type Row = { line: number; values: readonly string[] };
type Tried = { whole: boolean; unreadable: number; names: readonly string[]; rows: Row[]; body: ReadingBody };

/** Throws as `changeReading` does; of a dataset without its original only a change of meanings can be tried, on its first items. */
export async function previewReading(actor: Actor, raw: { datasetId: string; change: ReadingChange }): Promise<ReadingPreview> {
  authorise(actor, 'read_anew');
  const { datasetId, change } = readChange(raw);
  const now = await readReadingNow(datasetId);
  if (!now) throw new CountersignError('not_found', 'There is no such dataset.');
  assertFits(now, change);
  const { body } = now.reading;
  const rows = changesRows(body, change);
  const said = saidToo(saidIn(body), change);
  const before = await tryReading(now, saidIn(body), rows);
  // Where no row changes, both are of the same rows, and the guesses at the whole file hold.
  const held = rows ? before : { ...before, body };
  const after = rows ? await tryReading(now, said, true) : { ...before, body: answered(body, said) };
  const seen = await seenOf(after.body, { datasetId, original: now.sources[0]?.original ?? null, dialect: now.head.dialect });
  return {
    ...{ rows, whole: before.whole && after.whole, before: sideOf(held), after: sideOf(after), fields: differences(held, after) },
    questions: questionsOf(after.body, rows ? { ...seen, valuesOf: valuesOf(after) } : seen),
  };
}

/** @param must whether it has to be the file: else the first items do where it is not kept */
async function tryReading(now: ReadingNow, said: Said, must: boolean): Promise<Tried> {
  const { head, reading, sources } = now;
  if (!must && !sources[0]?.original) return fromItems(now);
  const file = filesOf(now)[0];
  const format = formatOf(head.format);
  if (!file || !format) return fromItems(now);
  const given = said.format === undefined ? format : null;
  const chunks = () => file.original.read();
  const tried: Tried = { whole: true, unreadable: 0, names: [], rows: [], body: { ...reading.body, fields: [] } };
  const at = new Date();
  const parsed = await segmentsOf({ name: file.name, chunks }, given, said.format, {
    ...{ layout: said.layout, now: at, most: PREVIEW_READING_BYTES },
  });
  const profile = new Profile(at.getTime(), parsed.format.fieldLabels);
  let last: { line: number; unreadable: boolean } = { line: 0, unreadable: false };
  for await (const { fields, items, unreadable, layout } of parsed.segments) {
    const room = PREVIEW_READING_ROWS - tried.rows.length;
    const taken = items.slice(0, room);
    tried.names = fields;
    profile.add(fields, taken);
    tried.rows.push(...taken.map(copied));
    const end = items.length > room ? (items[room]?.line ?? 0) : Number.POSITIVE_INFINITY;
    const bad = unreadable.filter(({ line }) => line < end);
    tried.unreadable += bad.length;
    tried.body = { format: certain(parsed.format.name), layout, fields: [] };
    const [item, row] = [taken.at(-1)?.line ?? 0, bad.at(-1)?.line ?? 0];
    if (Math.max(item, row) > 0) last = { line: Math.max(item, row), unreadable: row > item };
    if (tried.rows.length >= PREVIEW_READING_ROWS) {
      tried.whole = false;
      break;
    }
  }
  // Where the file was cut, its last row was cut too.
  if (parsed.wasCut() && tried.rows.length < PREVIEW_READING_ROWS) {
    tried.whole = false;
    if (last.unreadable) tried.unreadable--;
    else tried.rows.pop();
  }
  // Where it ends is not seen in a part of the file.
  const { layout } = tried.body;
  if (!tried.whole && layout.last) tried.body.layout = { ...layout, last: { ...certain(0), by: 'guess' } };
  tried.body = answered({ ...tried.body, fields: profile.guesses() }, said);
  return tried;
}

/** A value cut out of a block would keep the whole block in memory. */
function copied({ line, values }: Item): Row {
  return { line, values: values.map((value) => Buffer.from(value).toString()) };
}

/** Their ordinals stand for their lines, which nobody kept. */
async function fromItems({ head, reading }: ReadingNow): Promise<Tried> {
  const names = reading.body.fields.map(({ name }) => name);
  const { rows, more } = await readItemPage(db().pool, head.id, 0, PREVIEW_READING_ROWS);
  return {
    ...{ whole: !more, unreadable: head.unreadableCount, names, body: reading.body },
    rows: rows.map(({ ordinal, fields }) => ({
      line: ordinal,
      values: names.map((name) => (Object.hasOwn(fields, name) ? (fields[name] ?? '') : '')),
    })),
  };
}

function sideOf({ unreadable, names, rows, body }: Tried): ReadingPreview['before'] {
  const readers = body.fields.map((field) => ({ field, read: valueReader(meaningOf(field)), at: names.indexOf(field.name) }));
  return {
    ...{ items: rows.length, unreadable, layout: body.layout },
    fields: readers.map(({ field, read, at }) => withUnreadable(field, rows, at, read)),
    rows: rows.slice(0, PREVIEW_READING_ROWS_SHOWN).map(({ line, values }) => ({
      line,
      fields: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
    })),
  };
}

const EXAMPLES_MAX = 5;

/** What can't be read of it, among these rows. */
function withUnreadable(field: FieldGuess, rows: readonly Row[], at: number, read: (text: string) => Read): FieldGuess {
  const bad = rows.flatMap(({ line, values }) => (read(values[at] ?? '') === null ? [{ line, value: values[at] ?? '' }] : []));
  return { ...field, unreadable: bad.length, examples: bad.slice(0, EXAMPLES_MAX) };
}

/** Field by field, over the rows that both have: those that begin in the same line. */
function differences(before: Tried, after: Tried): ReadingPreview['fields'] {
  const others = new Map(after.rows.map(({ line, values }) => [line, values]));
  return before.body.fields.flatMap((field) => {
    const same = after.body.fields.find(({ name }) => name === field.name);
    if (!same) return [];
    const [from, to] = [before.names.indexOf(field.name), after.names.indexOf(field.name)];
    const [was, is] = [valueReader(meaningOf(field)), valueReader(meaningOf(same))];
    const told = { name: field.name, values: 0, changed: 0, examples: [] as ReadingPreview['fields'][number]['examples'] };
    for (const { line, values } of before.rows) {
      const other = others.get(line);
      const [text, now] = [values[from] ?? '', other?.[to] ?? ''];
      if (!other || (was(text) === EMPTY && is(now) === EMPTY)) continue;
      told.values++;
      const [left, right] = [inWords(was(text)), inWords(is(now))];
      if (left === right && field.type.value === same.type.value) continue;
      told.changed++;
      if (told.examples.length < EXAMPLES_MAX) told.examples.push({ value: text, before: left, after: right });
    }
    return told;
  });
}

/** A value as it is told beside another one; null where it can't be read. */
function inWords(value: Read): string | null {
  if (value === null) return null;
  if (value === EMPTY) return '';
  if (typeof value !== 'object') return String(value);
  const moment = new Date(value.ms).toISOString();
  return value.kind === 'instant' ? moment : moment.slice(0, -1);
}

const valuesOf =
  ({ names, rows }: Tried) =>
  (field: string): string[] => {
    const at = names.indexOf(field);
    return rows.map(({ values }) => values[at] ?? '');
  };
