/**
 * Templates of receipt lines and requests: mustache's variables and nothing else. A name is looked up literally, so
 * `{{Ticket Subject}}` and `{{a.b}}` are the fields of exactly these names. The output is text, not HTML: nothing is escaped.
 * `{{Opened At | date}}` asks for the field in a form of its own: whoever fills templates in gives the view a member of that name
 * (lib/core/plans/template-filters.ts), unless a field is called so.
 */
import Mustache from 'mustache';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { REQUEST_BYTES_MAX } from '#lib/core/limits.ts';
import { nearest } from './nearest.ts';

/** Either the text between two places, or the name of the field that goes here. */
type Part = { text: string } | { field: string };

/**
 * What is wrong with a template, each with line and column: sections, partials and other delimiters are refused, tags must end,
 * and names must be among `names`. An empty list means that it can be used.
 * @param path where the template stands in the plan's JSON, for instance `receiptLine`
 */
export function checkTemplate(text: string, names: readonly string[], path: string): Problem[] {
  const read = readTemplate(text);
  if ('wrong' in read) return [{ path, message: read.wrong, ...placeOf(text, read.offset) }];
  const known = new Set(names);
  return read.fields.flatMap(({ name, offset }) => {
    const message = known.has(name) ? null : objection(name, known, names);
    return message === null ? [] : [{ path, message, ...placeOf(text, offset) }];
  });
}

function objection(name: string, known: ReadonlySet<string>, names: readonly string[]): string | null {
  const { field, filter } = splitName(name);
  if (filter === null || (!known.has(field) && !isFilter(filter))) return `There is no field “${name}”.${nearest(name, names)}`;
  if (!known.has(field)) return `There is no field “${field}”.${nearest(field, names)}`;
  return isFilter(filter) ? null : `There is no filter “${filter}”. Behind the field and a | stands ${FILTERS.join(', ')}.`;
}

/** The forms in which a template can ask for a value: the day of a date, the plain decimal of a number, the text as it stands. */
const FILTERS = ['date', 'number', 'text'] as const;
export type Filter = (typeof FILTERS)[number];

/** A value that a template asks for in a form of its own; `name` is how it does. */
export type FilteredName = { name: string; field: string; filter: Filter };

/** The names of a template that are a field and a filter, with their places; none where the template can't be read. */
export function filteredNames(text: string): (FilteredName & { line: number; column: number })[] {
  if (!text.includes('|')) return [];
  const read = readTemplate(text);
  if ('wrong' in read) return [];
  return read.fields.flatMap(({ name, offset }) => {
    const { field, filter } = splitName(name);
    return filter !== null && isFilter(filter) ? [{ name, field, filter, ...placeOf(text, offset) }] : [];
  });
}

function splitName(name: string): { field: string; filter: string | null } {
  const bar = name.lastIndexOf('|');
  return bar === -1 ? { field: name, filter: null } : { field: name.slice(0, bar).trim(), filter: name.slice(bar + 1).trim() };
}

function isFilter(text: string): text is Filter {
  return (FILTERS as readonly string[]).includes(text);
}

/**
 * Fills a template in. A field that the view does not have, or has only by inheritance, is empty.
 * @throws Error where `checkTemplate` would have found a problem of form; unknown names are not one here.
 * @throws CountersignError `invalid` before anything is joined, when the text would have more characters than anything that is sent
 */
export function renderTemplate(text: string, view: Readonly<Record<string, string>>): string {
  if (renderedLength(text, view) > REQUEST_BYTES_MAX)
    throw new CountersignError('invalid', `A text would have more than ${REQUEST_BYTES_MAX.toLocaleString('en-US')} characters.`);
  return renderCut(text, view, REQUEST_BYTES_MAX);
}

/** How many characters it would have, filled in. */
export function renderedLength(text: string, view: Readonly<Record<string, string>>): number {
  let length = 0;
  for (const part of compiled(text)) length += filledIn(part, view).length;
  return length;
}

/** As `renderTemplate`, and no more of it than the first so many characters. */
export function renderCut(text: string, view: Readonly<Record<string, string>>, most: number): string {
  let result = '';
  for (const part of compiled(text)) {
    const value = filledIn(part, view);
    if (value.length > most - result.length) return result + value.slice(0, most - result.length);
    result += value;
  }
  return result;
}

function filledIn(part: Part, view: Readonly<Record<string, string>>): string {
  if ('text' in part) return part.text;
  return Object.hasOwn(view, part.field) ? (view[part.field] ?? '') : '';
}

/** The names that a template uses, each once, in order. Throws as `renderTemplate` does. */
export function templateFields(text: string): string[] {
  return [...new Set(compiled(text).flatMap((part) => ('field' in part ? [part.field] : [])))];
}

/** The fields that may stand behind these names of templates: each by itself, and without its filter. */
export function fieldsBehind(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => [name, splitName(name).field]))];
}

const COMPILED_MAX = 500;
const compiledTemplates = new Map<string, Part[]>();

function compiled(text: string): Part[] {
  let parts = compiledTemplates.get(text);
  if (parts === undefined) {
    const read = readTemplate(text);
    if ('wrong' in read) {
      const { line, column } = placeOf(text, read.offset);
      throw new Error(`The template is wrong in line ${line}, column ${column}: ${read.wrong}`);
    }
    parts = read.parts;
    // The oldest goes first: a plan has a handful of templates, and each runs for every item.
    if (compiledTemplates.size >= COMPILED_MAX) compiledTemplates.delete(compiledTemplates.keys().next().value ?? '');
    compiledTemplates.set(text, parts);
  }
  return parts;
}

const REFUSED: Record<string, string> = {
  '#': 'Sections ({{#…}}) are not allowed here: a template holds text and {{field}} only.',
  '^': 'Sections ({{^…}}) are not allowed here: a template holds text and {{field}} only.',
  '>': 'Partials ({{>…}}) are not allowed here: a template holds text and {{field}} only.',
  '=': 'Delimiters can’t be changed here: a field is written {{field}}.',
};

type Read = { parts: Part[]; fields: { name: string; offset: number }[] } | { wrong: string; offset: number };

function readTemplate(text: string): Read {
  // A writer of its own, without a cache: mustache's cache never forgets a template.
  const writer = new Mustache.Writer() as Mustache.Writer & { templateCache?: unknown };
  writer.templateCache = undefined;
  let tokens: unknown[][];
  try {
    tokens = writer.parse(text) as unknown[][];
  } catch (error) {
    return parseFailure(text, error instanceof Error ? error.message : String(error));
  }
  const parts: Part[] = [];
  const fields: { name: string; offset: number }[] = [];
  for (const [kind, value, start] of tokens as [string, string, number][]) {
    if (kind === 'text') parts.push({ text: value });
    else if (kind === 'name' || kind === '&') {
      if (value === '') return { wrong: 'A field’s name is missing between the braces.', offset: start };
      parts.push({ field: value });
      fields.push({ name: value, offset: start });
    } else if (kind !== '!') return { wrong: REFUSED[kind] ?? `{{${kind}…}} is not allowed here.`, offset: start };
  }
  return { parts, fields };
}

/** Mustache's errors end in the offset they happened at: "Unclosed tag at: 12". A section's is told as what it is. */
function parseFailure(text: string, message: string): Read {
  const section = /\{\{\s*([#^/])/.exec(text);
  if (section && /section/i.test(message)) {
    return { wrong: REFUSED[section[1] ?? '#'] ?? 'There is no section to close here.', offset: section.index };
  }
  const open = text.lastIndexOf('{{');
  const offset = open === -1 ? 0 : open;
  return { wrong: 'These braces are not closed: a field is written {{field}}.', offset };
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
