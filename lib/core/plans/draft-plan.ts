/**
 * A first plan for a dataset of any table, from what is known of its fields: something a person would keep with a few changes, each choice with
 * its reason. A format whose fields are its own drafts a plan of its own (`draft` in lib/ingest/port.ts).
 */

import { CHUNK_DEFAULT_ITEMS } from '#lib/core/limits.ts';
import { DAY_MS, isoDay, readDate } from '#lib/core/values/dates.ts';
import { BORN, isNamed } from '#lib/core/values/field-names.ts';
import { columnsOf, type SampledField } from './draft/columns.ts';
import { type Proposal, proposalsFor } from './draft/proposals.ts';
import { comfortableSize } from './estimate.ts';
import type { PlanInput } from './plan.ts';

/** What ingest profiled: `min` and `max` are the earliest and latest of a date field, `top` its most frequent short values. */
export type DraftField = {
  name: string;
  /** what people call it; left out where that is its name */
  label?: string;
  type: string;
  filled: number;
  top?: readonly { value: string; count: number }[];
  min?: string;
  max?: string;
};

export type DraftInput = {
  fields: readonly DraftField[];
  itemCount: number;
  /** IANA name: whose days and months */
  timeZone: string;
  /** some items from the whole of the file, and the day on which they are looked at; left out: nothing is proposed of their values */
  sampled?: { fields: readonly SampledField[]; size: number; now: number };
};

type DraftReasons = {
  categories: string;
  rules: string;
  proposals: string[];
  chunking: string;
  independence: string;
  receiptLine: string;
};

export type DraftedPlan = { plan: PlanInput; reasons: DraftReasons };

/** Always a plan that fits the fields: parsing and checking it finds no problem. */
export function draftForTable(given: DraftInput): DraftedPlan {
  const input = { ...given, fields: given.fields.filter(isNameable) };
  const { chunking, why } = draftChunking(input);
  const named = naming(input.fields);
  const columns = columnsOf(input.sampled?.fields.filter(isNameable) ?? [], input.timeZone);
  const proposals = input.sampled ? proposalsFor(columns, { ...input, ...input.sampled, today: isoDay(input.sampled.now) }) : [];
  const id = input.fields.find(({ name, filled }) => IDENTITY.test(name) && filled === input.itemCount) ?? columns.identity;
  const looks = proposals.some(({ category }) => category === 'look');
  const line = named.map((name) => `{{${name}}}`).join(' | ');
  return {
    plan: {
      version: 2,
      timeZone: input.timeZone,
      classifier: { kind: 'rules', rules: proposals.map(asRule), otherwise: 'keep' },
      categories: [
        { name: 'task', action: { connector: 'task', do: 'create', with: { title: `Look at ${line || 'this item'}` } } },
        { name: 'archive', action: { connector: 'shelf', do: 'archive' } },
        ...(looks ? [{ name: 'look' }] : []),
        { name: 'keep' },
      ],
      chunking,
      independence: { resource: id ? [id.name] : [] },
      receiptLine: line === '' ? '' : `{{verb}}: ${line}`,
      receiptFields: named,
    },
    reasons: {
      categories: looks
        ? 'Four categories to begin with: one creates a follow-up task, one archives (which can be undone), one marks what is to be looked at, and one does nothing.'
        : 'Three categories to begin with: one creates a follow-up task, one archives (which can be undone), and one does nothing.',
      rules:
        proposals.length === 0
          ? 'There is no rule yet, so every item is kept. Click a value to make a rule of it.'
          : 'The rules are proposals, by what the columns hold. What no rule matches is kept. The cross behind a rule takes it away.',
      proposals: proposals.map(({ reason }, index) => `Rule ${index + 1}: ${reason}`),
      chunking: why,
      independence: id
        ? `“${id.name}” looks like the id of a record. Two items with the same value are kept together.`
        : 'No field looks like the id of a record.',
      receiptLine:
        named.length > 0
          ? `${quotedList(named)} name the item. No other field enters a receipt.`
          : 'No field names an item for people.',
    },
  };
}

/** A plan names no field whose name is longer. */
const NAME_CHARS_MAX = 500;
const isNameable = ({ name }: { name: string }) => name !== '' && name.length <= NAME_CHARS_MAX;

const PROPOSED_CONFIDENCE = 0.8;

const asRule = ({ where, category, why }: Proposal) => ({ where: [where], category, why, confidence: PROPOSED_CONFIDENCE });

const SMALL_CHUNK = 20;
const LARGE_CHUNK = 500;

/** Half as many splits as are comfortable leave room for the groups that are small by themselves. */
function largeChunk(itemCount: number): number {
  return Math.max(LARGE_CHUNK, comfortableSize(2 * itemCount));
}

type ByTime = Extract<PlanInput['chunking'], { by: 'time' }>;

/** Chunks by the period that suits the span of the dates, and of a size that leaves no more decisions than one person takes. */
export function byTime(field: DraftField, { itemCount, timeZone }: DraftInput): { chunking: ByTime; why: string } {
  const every = periodFor(field);
  const maxItems = largeChunk(itemCount);
  const why = `By ${every} of “${field.label ?? field.name}”, so that items of the same time are reviewed together. A ${every} below ${SMALL_CHUNK} items joins the next, a ${every} above ${maxItems} is split, and doubtful dates get a chunk of their own.`;
  return { chunking: { by: 'time', field: field.name, every, timeZone, minItems: SMALL_CHUNK, maxItems }, why };
}

const MONTH_DAYS = 30;

function periodFor({ min, max }: DraftField): ByTime['every'] {
  const [from, to] = [min, max].map((text) => (text === undefined ? null : readDate(text)));
  if (!from || !to || from.kind === 'either' || to.kind === 'either') return 'month';
  const days = (to.ms - from.ms) / DAY_MS;
  if (days <= MONTH_DAYS) return 'day';
  if (days <= 4 * MONTH_DAYS) return 'week';
  return days <= 60 * MONTH_DAYS ? 'month' : days <= 180 * MONTH_DAYS ? 'quarter' : 'year';
}

const IDENTITY = /^(id|uuid|guid|key|(record|ticket|order|customer|user|message|case)[ _-]?(id|no|number|key))$/i;
const MOMENT = /(^|[ _-])(date|time|created|received|sent|at|on|when|opened|timestamp)($|[ _-])|(date|time|at)$/i;
const TITLE = /^(subject|title|name|summary|description|e-?mail|from|company|customer|product|message)$|(subject|title|name)$/i;
const FILLED_SHARE = 0.5;
/** A value for a chunk: enough of them to be worth a cut, few enough to be decided on. */
const GROUPS = { min: 2, max: 40 };
const COVERED_SHARE = 0.9;
const SHORT_VALUE_CHARS = 60;

function draftChunking(input: DraftInput): { chunking: PlanInput['chunking']; why: string } {
  const { fields, itemCount } = input;
  const filled = fields.filter((field) => field.filled >= itemCount * FILLED_SHARE);
  const dates = filled.filter(({ type, name }) => type === 'date' && !isNamed(name, BORN));
  const date = dates.find(({ name }) => MOMENT.test(name)) ?? dates[0];
  if (date) return byTime(date, input);
  const maxItems = largeChunk(itemCount);
  const group = filled.find((field) => ['text', 'boolean'].includes(field.type) && isGroup(field, itemCount));
  if (group) {
    return {
      chunking: { by: 'category', field: group.name, minItems: SMALL_CHUNK, maxItems },
      why: `By “${group.name}”, which has few different values. Values with fewer than ${SMALL_CHUNK} items are put together, and values with more than ${maxItems} are split.`,
    };
  }
  const size = Math.max(CHUNK_DEFAULT_ITEMS, comfortableSize(itemCount));
  return {
    chunking: { by: 'size', maxItems: size },
    why: `In the order of the file, ${size} items a chunk: the file has no date and no field with few values.`,
  };
}

/** Few short values that together are nearly all of the items. */
function isGroup({ top = [] }: DraftField, itemCount: number): boolean {
  const covered = top.reduce((sum, { count }) => sum + count, 0);
  const few = top.length >= GROUPS.min && top.length <= GROUPS.max && covered >= itemCount * COVERED_SHARE;
  return few && (top[0]?.count ?? 0) > 1 && top.every(({ value }) => value.length <= SHORT_VALUE_CHARS);
}

/** Up to three fields by which people know an item: when, what it is called, what it is. */
function naming(fields: readonly DraftField[]): string[] {
  const usable = fields.filter(
    ({ name, filled }) => filled > 0 && !/[{}]/.test(name) && name.trim() === name && !/^[#^>/=!&]/.test(name),
  );
  const picked = [
    usable.find(({ type, name }) => type === 'date' && MOMENT.test(name)),
    usable.find(({ name }) => IDENTITY.test(name)),
    ...usable.filter(({ name }) => TITLE.test(name)),
    ...usable.filter(({ type }) => type === 'text' || type === 'email'),
    ...usable,
  ];
  return [...new Set(picked.flatMap((field) => (field ? [field.name] : [])))].slice(0, 3);
}

function quotedList(names: readonly string[]): string {
  const quoted = names.map((name) => `“${name}”`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}
