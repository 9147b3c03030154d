/** What a person is asked of a reading before a plan that it matters to is started. */
import { type Guess, isDoubtful } from './guess.ts';
import type { FieldGuess } from './meaning.ts';
import type { ReadingBody } from './reading-body.ts';

/** `path`: "fields.3.date.order", "layout.header". `choices`: the likeliest first. `examples`: values, or lines, that can be read in more than one way. */
export type Question = { path: string; choices: (string | number)[]; examples: string[] };

const EXAMPLES_MAX = 3;
const EXAMPLE_CHARS_MAX = 200;

/** Where the examples come from: the first values of a field, and the lines of the file as far as they are known. */
export type Seen = { valuesOf(field: string): readonly string[]; line(number: number): string | null };
const NOTHING_SEEN: Seen = { valuesOf: () => [], line: () => null };

/** The questions of a reading: none where nothing is doubtful. A format that dates or numbers have is asked only of a field that has them. */
export function questionsOf(reading: ReadingBody, seen: Seen = NOTHING_SEEN): Question[] {
  const lines = (guess: Guess<unknown>) =>
    [...guess.against, ...guess.for].flatMap((number) => seen.line(number) ?? []).slice(0, EXAMPLES_MAX);
  const questions: Question[] = [];
  const ask = (path: string, guess: Guess<string | number>, examples: readonly string[]) => {
    if (!isDoubtful(guess)) return;
    const choices = [...new Set([guess.value, ...guess.others.map(({ value }) => value)])];
    questions.push({ path, choices, examples: examples.map((one) => one.slice(0, EXAMPLE_CHARS_MAX).toWellFormed()) });
  };
  if (reading.format) ask('format', reading.format, lines(reading.format));
  for (const [name, guess] of Object.entries(reading.layout))
    if (typeof guess === 'object' && 'sure' in guess) ask(`layout.${name}`, guess, lines(guess));
  reading.fields.forEach((field, index) => {
    for (const [name, guess] of guessesOf(field))
      ask(`fields.${index}.${name}`, guess, examplesOf(name, seen.valuesOf(field.name)));
  });
  return questions;
}

/** The lines of the file that questions about its layout take their examples from. */
export function questionLines({ layout }: ReadingBody): number[] {
  const lines = Object.values(layout).flatMap((guess) =>
    typeof guess === 'object' && 'sure' in guess && isDoubtful(guess) ? [...guess.against, ...guess.for] : [],
  );
  return [...new Set(lines)];
}

/** Those that matter to whoever goes by the meanings of these fields: how the file is cut into rows matters to everybody. */
export function questionsFor(questions: readonly Question[], reading: ReadingBody, fields: ReadonlySet<string>): Question[] {
  return questions.filter(({ path }) => {
    const name = fieldOf(path, reading);
    return name === null || fields.has(name);
  });
}

/** A question in words, for whoever is refused because of it: "Is the day or the month first in “Opened” (03/04/2026)?" comes from the page. */
export function questionInWords({ path, choices, examples }: Question, reading: ReadingBody): string {
  const name = fieldOf(path, reading);
  const what =
    path
      .split('.')
      .slice(name === null ? 1 : 2)
      .join(' ') || path;
  const of = name === null ? 'of the file' : `of “${name}”`;
  const seen = examples[0] === undefined ? '' : `, as in “${examples[0]}”`;
  return `the ${what} ${of}${seen}: ${choices.join(' or ')}`;
}

/** The field that a question is of; null for one of the file as a whole. */
function fieldOf(path: string, reading: ReadingBody): string | null {
  const index = /^fields\.(\d+)\./.exec(path)?.[1];
  return index === undefined ? null : (reading.fields[Number(index)]?.name ?? null);
}

function* guessesOf({ type, date, number }: FieldGuess): Generator<[string, Guess<string | number>]> {
  yield ['type', type];
  if (type.value === 'date' && date)
    for (const [name, guess] of Object.entries(date)) yield [`date.${name}`, guess as Guess<string | number>];
  if (type.value === 'number' && number)
    for (const [name, guess] of Object.entries(number)) yield [`number.${name}`, guess as Guess<string | number>];
}

/** Three numbers and nothing else: the order is what makes a date of them. */
const THREE_NUMBERS = /^\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b/;

function examplesOf(name: string, values: readonly string[]): string[] {
  const filled = [...new Set(values.filter((value) => value.trim() !== ''))];
  const fitting = name === 'date.order' ? filled.filter((value) => THREE_NUMBERS.test(value)) : filled;
  return (fitting.length > 0 ? fitting : filled).slice(0, EXAMPLES_MAX);
}
