/** What is asked about a reading before a plan starts, in words: the question, and what each answer would mean. Pure. */
import { formatNoun } from '#components/ui/format.ts';
import { type FieldGuess, type Meaning, meaningOf } from '#lib/core/values/meaning.ts';
import { valueReader } from '#lib/core/values/read-value.ts';
import type { Reading, ReadingChange } from '#lib/shapes/readings.ts';
import { meantWords } from './meant-words.ts';
import {
  centuryWords,
  type LAYOUT_GUESSES,
  LAYOUT_LABELS,
  layoutWords,
  ORDER_EXAMPLES,
  ORDER_WORDS,
  TYPE_WORDS,
  zoneWords,
} from './reading-words.ts';

type Question = Reading['questions'][number];
type Choice = Question['choices'][number];

export type Asked = {
  path: string;
  /** "Opened At: is 03/04/2026 the 3 April 2026 or the 4 March 2026?" */
  asks: string;
  answers: { choice: Choice; label: string; hint: string }[];
  /** the values or lines that it is asked about, beside the one in the question */
  examples: string[];
  /** what stands before them: whether the question has one itself */
  lead: 'Also:' | 'Such as:';
};

/** A question in a person's words. One about what this version does not know is asked with its path. */
export function askedOf({ path, choices, examples }: Question, fields: readonly FieldGuess[]): Asked {
  const of = fieldOf(path, fields);
  if (of === null) return layoutAsked({ path, choices, examples });
  const { field, part } = of;
  const telling = examples.find((text) => new Set(choices.map((choice) => meant(field, part, choice, text))).size > 1);
  if (part === 'type' || part === 'date.zone' || telling === undefined) {
    const answers = choices.map((choice) => ({ choice, label: choiceWords(part, choice), hint: '' }));
    return { path, asks: FIELD_ASKS[part].replace('%s', () => field.label), answers, examples, lead: 'Such as:' };
  }
  const answers = choices.map((choice) => ({
    choice,
    label: meant(field, part, choice, telling) ?? choiceWords(part, choice),
    hint: choiceWords(part, choice),
  }));
  return {
    path,
    asks: `“${field.label}” has ${telling}: is this ${listed(answers.map(({ label }) => label))}?`,
    answers,
    examples: examples.filter((text) => text !== telling),
    lead: 'Also:',
  };
}

/** What answering a question changes. */
export function changeOfAnswer(path: string, choice: Choice, fields: readonly FieldGuess[]): Omit<ReadingChange, 'digest'> {
  const of = fieldOf(path, fields);
  if (of === null) return path === 'format' ? { format: String(choice) } : { layout: { [path.slice('layout.'.length)]: choice } };
  const [kind = '', key] = of.part.split('.');
  const said = key === undefined ? { [kind]: choice } : { type: kind as 'date' | 'number', [kind]: { [key]: choice } };
  return { fields: [{ name: of.field.name, ...said }] };
}

/** "1 question about this file", above what is asked. */
export function questionsWords(count: number): string {
  return `${formatNoun(count, 'questions')} about this file before a batch can start`;
}

type Part = 'type' | 'date.order' | 'date.century' | 'date.zone' | 'number.decimal' | 'number.group';

/** Where no example tells the choices apart; %s is the field. */
const FIELD_ASKS: Record<Part, string> = {
  type: 'What are the values of “%s”?',
  'date.order': 'What comes first in the dates of “%s”?',
  'date.century': 'Which years do two digits mean in “%s”?',
  'date.zone': 'Whose clock do the dates of “%s” show?',
  'number.decimal': 'What stands before the decimals in “%s”?',
  'number.group': 'What stands between the thousands in “%s”?',
};

function fieldOf(path: string, fields: readonly FieldGuess[]): { field: FieldGuess; part: Part } | null {
  const parts = /^fields\.(\d+)\.(type|date\.(?:order|century|zone)|number\.(?:decimal|group))$/.exec(path);
  const field = fields[Number(parts?.[1])];
  return parts && field ? { field, part: parts[2] as Part } : null;
}

function layoutAsked({ path, choices, examples }: Question): Asked {
  const key = path.replace(/^layout\./, '') as (typeof LAYOUT_GUESSES)[number];
  const asks = LAYOUT_ASKS[key] ?? `${path}: which is right?`;
  const answers = choices.map((choice) => ({
    choice,
    label: labelOf(key, choice),
    hint: '',
  }));
  return { path, asks, answers, examples, lead: 'Such as:' };
}

function labelOf(key: (typeof LAYOUT_GUESSES)[number], choice: Choice): string {
  if (key === 'last') return choice === 0 ? 'rows, all of it' : `the last row is line ${choice}`;
  return Object.hasOwn(LAYOUT_LABELS, key) ? layoutWords(key, choice as never) : String(choice);
}

const LAYOUT_ASKS: Partial<Record<(typeof LAYOUT_GUESSES)[number] | 'format', string>> = {
  format: 'What kind of file is this?',
  part: 'Which part of the file is meant?',
  flavour: 'How are the mails of this file told apart?',
  charset: 'Which character set is this file written in?',
  delimiter: 'What separates the cells of this file?',
  quote: 'Are the quotes in this file text, or do they hold cells together?',
  escape: 'How is a quote written inside quotes?',
  backslashes: 'Are the backslashes in this file text, or what the dump of a database writes for no value and line ends?',
  header: 'Which line names the columns?',
  sums: 'Rows between the others look like sums of them. Are they rows of the table?',
  last: 'What stands at the end of this file: rows, or something below the table, such as a sum?',
};

/** What the text means if this choice is right; null where that can't be read. */
function meant(field: FieldGuess, part: Part, choice: Choice, text: string): string | null {
  return meantWords(valueReader(meaningWith(field, part, choice))(text));
}

function meaningWith(field: FieldGuess, part: Part, choice: Choice): Meaning {
  if (part === 'type') return meaningOf({ ...field, type: { ...field.type, value: choice as Meaning['type'] } });
  const [kind, key] = part.split('.') as ['date' | 'number', string];
  const meaning = meaningOf({ ...field, type: { ...field.type, value: kind } });
  return { ...meaning, [kind]: { ...meaning[kind], [key]: choice } };
}

function choiceWords(part: Part, choice: Choice): string {
  const text = String(choice);
  if (part === 'type') return TYPE_WORDS[text as keyof typeof TYPE_WORDS] ?? text;
  if (part === 'date.order') {
    const order = text as keyof typeof ORDER_WORDS;
    return `${ORDER_WORDS[order] ?? text}: ${ORDER_EXAMPLES[order] ?? text}`;
  }
  if (part === 'date.century') return `two digits mean ${centuryWords(Number(choice))}`;
  if (part === 'date.zone') return zoneWords(text);
  if (part === 'number.decimal') return `${text === ',' ? 'comma' : 'point'} before the decimals`;
  return text === '' ? 'nothing between thousands' : `${text === ' ' ? 'a space' : text} between thousands`;
}

function listed(words: string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
