/** Receipts as lines for people: the tape, the task body, the story of one item. A line is one line, whatever an item holds. */

import type { Signing } from '#lib/core/checkpoints/signatures.ts';
import { RECEIPT_LINE_CHARS_MAX } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { isoDay, wallClock } from '#lib/core/values/dates.ts';
import { oneLine } from '#lib/core/values/markdown-safe.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import { renderCut, templateFields } from '#lib/core/values/template.ts';
import type { DecisionAnswers, ReceiptBody } from '#lib/ledger/receipt.ts';
import { HELD_BACK, WITHDRAWN } from './answer.ts';
import { reasonWords } from './reason-words.ts';

export const ERASED = '[erased]';
/** In place of a value that the reader may not have. */
export const NOT_GIVEN = '[not given]';

/** What a line is made of. `values` are the receipt's joined values, "[erased]" where they were erased. */
export type LineOf = {
  kind: string;
  result: string | null;
  reason: string | null;
  evidence: string | null;
  /** the connector's word for it: Archived */
  past: string;
  values: Readonly<Record<string, string>>;
};

/** `timeZone`: whose days the days in a line are; a plan of version 1 names none, and its days are those of UTC. */
type Lines = Pick<Plan, 'receiptLine' | 'receiptFields'> & { timeZone?: string | undefined };

/**
 * "Archived: 2026-03-04 | a@shop.x | Weekly deals" for a success, "Failed (HTTP 404): …" and the like for everything else. A plan's template
 * without `{{verb}}` gets what happened in front, for it must never read as a success.
 */
export function receiptLine(plan: Lines, receipt: LineOf): string {
  const verb = verbOf(receipt);
  // Not by way of a template: a field may be called anything.
  if (plan.receiptLine === '') return `${verb}: ${fieldsLine(plan, receipt.values)}`;
  const rendered = renderCut(plan.receiptLine, { ...shortened(plan, receipt.values), verb }, RECEIPT_LINE_CHARS_MAX + 1);
  const line = cutLine(rendered);
  // Where it was cut its verb may be gone.
  const saysSo = templateFields(plan.receiptLine).includes('verb') && rendered.length <= RECEIPT_LINE_CHARS_MAX;
  return receipt.result === 'succeeded' || saysSo ? line : `${verb}: ${line}`;
}

/** The receipt fields alone: what names an item to whoever knows the data. */
export function fieldsLine(plan: Lines, values: Readonly<Record<string, string>>): string {
  let line = '';
  for (const [index, name] of plan.receiptFields.entries()) {
    const value = Object.hasOwn(values, name) ? dayOf(plan, values[name] ?? '') : '';
    line += `${index === 0 ? '' : ' | '}${value.slice(0, RECEIPT_LINE_CHARS_MAX + 1)}`;
    if (line.length > RECEIPT_LINE_CHARS_MAX) break;
  }
  return cutLine(line);
}

/** A line is for a person; whoever wants all of a value finds it in the receipt. */
function cutLine(line: string): string {
  return line.length <= RECEIPT_LINE_CHARS_MAX ? oneLine(line) : `${oneLine(line.slice(0, RECEIPT_LINE_CHARS_MAX))}…`;
}

const INSTANT = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** A line names an item to a person: the day is enough. The receipt's own value is whole. */
function dayOf({ timeZone }: Lines, value: string): string {
  const day = INSTANT.exec(value)?.[1];
  if (day === undefined) return value;
  const ms = timeZone === undefined ? Number.NaN : Date.parse(value);
  return timeZone === undefined || Number.isNaN(ms) ? day : isoDay(clockOf(timeZone)(ms));
}

/** Making one takes longer than a thousand uses of it. */
const clocks = new Map<string, (ms: number) => number>();

function clockOf(timeZone: string): (ms: number) => number {
  let clock = clocks.get(timeZone);
  if (clock) return clock;
  try {
    clock = wallClock(timeZone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Stored where this zone was known: its line is told all the same.
    clock = wallClock('UTC');
  }
  clocks.set(timeZone, clock);
  return clock;
}

function shortened(plan: Lines, values: Readonly<Record<string, string>>): Record<string, string> {
  const short: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(values)) short[name] = dayOf(plan, value);
  return short;
}

function verbOf({ kind, result, reason, evidence, past }: LineOf): string {
  const because = reason ? ` (${reasonWords(reason)})` : '';
  const says = evidence === null ? '' : (SAYS[evidence] ?? '');
  if (kind === 'intent') return 'Intent';
  if (result === 'succeeded') return `${past}${says}${because}`;
  if (result === 'failed') return `Failed${because}`;
  if (result === 'skipped') return `Skipped${because}`;
  if (result === 'not_executed') return `Not executed${says}`;
  if (result === 'abandoned') return 'Accepted as unknown';
  if (reason === WITHDRAWN) return 'Taken back';
  if (reason === HELD_BACK) return 'Held back';
  return `Uncertain${because}`;
}

const SAYS: Readonly<Record<string, string>> = {
  person: ', as a person says',
  inspection: ', as the target says',
  executor: ': it was never sent',
};

export type DecisionLineOf = {
  answers: DecisionAnswers;
  counts: Readonly<Record<string, number>>;
  /** the person's name */
  by: string;
  /** ISO 8601 */
  at: string;
  /** where two people sign: what this decision was to their signatures */
  signing?: Signing | null;
};

/** "approved by Bo, 1,902 archive, 2026-03-04 14:02 UTC". Counts are in the order of the categories given. */
export function decisionLine({ answers, counts, by, at, signing = null }: DecisionLineOf, categories: readonly string[]): string {
  const known = new Set(categories);
  const named = [...categories, ...Object.keys(counts).filter((name) => !known.has(name))];
  const parts = named.flatMap((name) => {
    const count = Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0;
    return count > 0 ? [`${count.toLocaleString('en-US')} ${name}`] : [];
  });
  const line = [`${decided(answers, signing)} by ${by}`, ...parts, `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`].join(', ');
  return oneLine(signing === 'first' ? `${line}; a second signature is needed` : line);
}

function decided({ execute, release, sendBack, close }: DecisionLineOf['answers'], signing: Signing | null): string {
  if (signing === 'first') return 'signed first';
  if (signing === 'refused') return 'not signed';
  if (release) return 'rest released';
  if (execute) return 'approved';
  if (sendBack) return 'sent back';
  return close ? 'closed without executing' : 'reviewed, not executed';
}

/** The kinds of receipts that are no step of an action, and no decision. */
export type EventKind = Exclude<ReceiptBody['kind'], 'intent' | 'outcome' | 'resolution' | 'decision'>;

/**
 * "moved by Bo, 13 items from “noise” to “task”, 2026-03-04 14:02 UTC". What is in the body may have been altered: each member is looked at before it is told.
 * `by`: the name of who did it; `words`: what an agent attested, for whoever may know.
 */
export function eventLine(kind: EventKind, body: unknown, by: string, words: string | null = null): string {
  const says = isRecord(body) ? body : {};
  const [verb, ...parts] = eventOf(kind, says);
  const at = told(says.at);
  const line = [`${verb} by ${by}`, ...parts, `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`].join(', ');
  return cutLine(words === null ? line : `${line}: ${words}`);
}

function eventOf(kind: EventKind, says: Record<string, unknown>): [verb: string, ...parts: string[]] {
  switch (kind) {
    case 'correction':
      return ['moved', `${counted(says.count, 'item')} from “${told(says.from)}” to “${told(says.to)}”`];
    case 'start':
      return ['started', `${counted(says.items, 'item')} in ${counted(says.chunks, 'chunk')}`];
    case 'plan':
      return ['rules changed', `revision ${told(says.revision)}`];
    case 'closing':
      return [`closed as ${told(says.state)}`, `${counted(says.receipts, 'receipt')} before this one`];
    case 'attestation':
      return ['attested', typeof says.item === 'number' ? `item ${says.item}` : 'the chunk'];
  }
}

function told(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

function counted(value: unknown, one: string): string {
  return `${typeof value === 'number' ? value.toLocaleString('en-US') : '?'} ${one}${value === 1 ? '' : 's'}`;
}
