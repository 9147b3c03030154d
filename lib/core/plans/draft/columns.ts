/**
 * What the columns of a table are for: who an item is with, where it stands, how old it is, what it is worth. Told by their values first, and by their names only
 * where values can't tell (a number of pieces and a year are both whole numbers).
 */

import { type DateValue, isoDay, wallClock } from '#lib/core/values/dates.ts';
import { BORN, DUE, isNamed } from '#lib/core/values/field-names.ts';
import type { Meaning } from '#lib/core/values/meaning.ts';
import { isBlank, type Read, valueReader } from '#lib/core/values/read-value.ts';

/** A field with what it holds in some items of the whole file: one text an item, '' where it has none. */
export type SampledField = {
  name: string;
  label: string;
  /** null where it is doubtful: a rule on it would be asked about before the start */
  meaning: Meaning | null;
  /** whether every item has a value */
  always: boolean;
  texts: readonly string[];
};

/** `finished`, `waiting`: the texts that say so, as they stand. */
type StatusColumn = { field: SampledField; finished: string[]; waiting: string[] };
type LevelColumn = { field: SampledField; loud: string[]; quiet: string[] };
export type NumberColumn = { field: SampledField; numbers: (number | null)[] };
/** `days`: YYYY-MM-DD in the time zone of the plan. */
export type DateColumn = { field: SampledField; days: (string | null)[]; changes: boolean };

export type Columns = {
  identity: SampledField | null;
  status: StatusColumn | null;
  /** of log lines */
  level: LevelColumn | null;
  /** a yes in it says that nobody but a person should touch the item */
  protects: SampledField | null;
  owner: SampledField | null;
  /** of one person or company each */
  address: SampledField | null;
  amount: NumberColumn | null;
  stock: NumberColumn | null;
  /** days on which something happened: first those that are called so of a change, and of these the latest; none of those that are due */
  ages: DateColumn[];
  text: SampledField | null;
};

/** Each column is one thing at most. */
export function columnsOf(fields: readonly SampledField[], timeZone: string): Columns {
  const left = new Set(fields.filter(({ texts }) => texts.some((text) => !isBlank(text))));
  const take = <T extends { field: SampledField }>(find: (field: SampledField) => T | null): T | null => {
    for (const field of left) {
      const found = find(field);
      if (found) {
        left.delete(field);
        return found;
      }
    }
    return null;
  };
  const first = (is: (field: SampledField) => boolean): SampledField | null =>
    take((field) => (is(field) ? { field } : null))?.field ?? null;
  const level = take(levelOf);
  const status = take(statusOf);
  const protects = first((field) => field.meaning?.type === 'yes_no' && hasWord(field, PROTECTING));
  const identity = first(isPath) ?? first(isIdentity);
  const address = first(isAddress);
  const stock = take(stockOf);
  const amount = take(amountOf);
  const ages: DateColumn[] = [];
  for (let age = take((field) => ageOf(field, timeZone)); age; age = take((field) => ageOf(field, timeZone))) ages.push(age);
  const owner = first(isOwner);
  const text = first((field) => isText(field) && mean(filledIn(field).map(({ length }) => length)) >= LONG_TEXT_CHARS);
  ages.sort((one, other) => Number(other.changes) - Number(one.changes) || (middle(one) < middle(other) ? 1 : -1));
  return { identity, status, level, protects, owner, address, amount, stock, ages, text };
}

/** Of the texts that are there. */
const KNOWN_SHARE = 0.6;
const STATES_MAX = 12;
const UNIQUE_SHARE = 0.98;
const OWN_SHARE = 0.8;
const LONG_TEXT_CHARS = 40;

const words = (text: string): ReadonlySet<string> => new Set(text.split(', '));

/** What workflows call what is over, in some languages. */
const FINISHED = words(
  'closed, done, resolved, solved, completed, complete, finished, delivered, paid, refunded, reimbursed, cancelled, canceled, rejected, declined, archived, discontinued, obsolete, inactive, fixed, geschlossen, erledigt, gelöst, abgeschlossen, beendet, bezahlt, geliefert, storniert, abgelehnt, fermé, clos, résolu, terminé, payé, livré, annulé, chiuso, risolto, pagato, consegnato, annullato, cerrado, resuelto, terminado, pagado, entregado, cancelado',
);
const WAITING = words(
  'open, new, in progress, todo, to do, reopened, assigned, unassigned, submitted, pending, waiting, on hold, processing, draft, backlog, in review, requested, offen, neu, in arbeit, in bearbeitung, wartend, ausstehend, eingereicht, ouvert, nouveau, en cours, en attente, aperto, nuovo, in corso, in attesa, abierto, nuevo, en curso, pendiente',
);
const OTHER_STATES = words(
  'active, approved, accepted, confirmed, shipped, invoiced, enabled, aktiv, genehmigt, bestätigt, versendet, actif, approuvé, expédié, attivo, approvato, spedito, activo, aprobado, enviado',
);
const LOUD = words('error, err, fatal, critical, crit, alert, emerg, emergency, panic, severe');
const QUIET = words('debug, trace, verbose, fine, info, information, informational, notice');
const OTHER_LEVELS = words('warn, warning');

const PROTECTING = words(
  'vip, important, priority, escalated, escalation, hold, protected, locked, keep, sensitive, wichtig, gesperrt',
);
const STOCK = words(
  'stock, qty, quantity, hand, available, inventory, units, bestand, menge, lager, vorrat, stückzahl, quantité, quantità, cantidad',
);
const AMOUNT = words(
  'amount, total, price, cost, sum, value, gross, net, fee, betrag, preis, summe, kosten, brutto, netto, montant, prix, importo, prezzo, importe, precio',
);
const CHANGED = words(
  'closed, resolved, delivered, paid, completed, updated, update, last, modified, changed, reply, activity, counted, geschlossen, erledigt, geändert, letzte, letzter, bezahlt',
);

function filledIn({ texts }: SampledField): string[] {
  return texts.filter((text) => !isBlank(text));
}

function isText({ meaning }: SampledField): boolean {
  return meaning?.type === 'text' || meaning?.type === 'identifier';
}

/** "In-Progress " -> "in progress" */
function plain(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
}

function hasWord({ name, label }: SampledField, known: ReadonlySet<string>): boolean {
  return [name, label].some((one) => isNamed(one, known)) || known.has(plain(label).replace(/[^\p{L}]/gu, ''));
}

function share<T>(all: readonly T[], is: (one: T) => boolean): number {
  return all.length === 0 ? 0 : all.filter(is).length / all.length;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
}

/** The different texts, those that differ in case alone once, the most frequent first. */
function different(texts: readonly string[]): string[] {
  const counts = new Map<string, { text: string; count: number }>();
  for (const text of texts) {
    const one = counts.get(plain(text)) ?? { text, count: 0 };
    one.count++;
    counts.set(plain(text), one);
  }
  return [...counts.values()].sort((one, other) => other.count - one.count).map(({ text }) => text);
}

/** Few texts, most of which are words of one of these lists. */
function fewKnown(field: SampledField, lists: readonly ReadonlySet<string>[], least: number): string[] | null {
  if (!isText(field)) return null;
  const filled = filledIn(field);
  const kinds = different(filled);
  if (kinds.length < 2 || kinds.length > STATES_MAX) return null;
  return share(filled, (text) => lists.some((list) => list.has(plain(text)))) >= least ? kinds : null;
}

function statusOf(field: SampledField): StatusColumn | null {
  const kinds = fewKnown(field, [FINISHED, WAITING, OTHER_STATES], KNOWN_SHARE);
  if (!kinds) return null;
  const of = (list: ReadonlySet<string>) => kinds.filter((text) => list.has(plain(text)));
  const [finished, waiting] = [of(FINISHED), of(WAITING)];
  return finished.length + waiting.length > 0 ? { field, finished, waiting } : null;
}

function levelOf(field: SampledField): LevelColumn | null {
  const kinds = fewKnown(field, [LOUD, QUIET, OTHER_LEVELS], OWN_SHARE);
  if (!kinds) return null;
  const of = (list: ReadonlySet<string>) => kinds.filter((text) => list.has(plain(text)));
  const [loud, quiet] = [of(LOUD), of(QUIET)];
  return quiet.length > 0 ? { field, loud, quiet } : null;
}

/** In every item, short, without blanks, and never twice. */
function isIdentity(field: SampledField): boolean {
  const { meaning, always, texts } = field;
  if (!always || meaning === null || meaning.type === 'date' || meaning.type === 'yes_no') return false;
  if (isAddress(field) || share(texts, (text) => /^[\p{L}\d][\p{L}\d:._/#-]{0,59}$/u.test(text.trim())) < 1) return false;
  // Amounts and words are as different as numbers of records are: those have digits, and no decimals.
  if (!texts.every((text) => /\d/.test(text) && !/^\d+[.,]\d{1,2}$/.test(text))) return false;
  return hasWord(field, IDENTITY) || (meaning.type !== 'number' && new Set(texts).size >= texts.length * UNIQUE_SHARE);
}

/** Where files lie: what changes one names it by its path, and two may have the same content. */
function isPath(field: SampledField): boolean {
  return field.always && hasWord(field, PATH) && new Set(field.texts).size === field.texts.length;
}

const PATH = words('path, pfad, percorso, chemin, ruta');
const IDENTITY = words('id, uuid, guid, key, no, number, nr, sku, code, ref, reference, nummer, numéro, numero');
const ADDRESS = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

function isAddress(field: SampledField): boolean {
  const filled = filledIn(field);
  return share(filled, (text) => ADDRESS.test(text.trim())) >= OWN_SHARE && new Set(filled).size >= filled.length * OWN_SHARE;
}

/** Addresses, or names of people, each of several items. */
function isOwner(field: SampledField): boolean {
  const filled = filledIn(field);
  const kinds = different(filled);
  if (!isText(field) || kinds.length < 2 || kinds.length > filled.length / 2) return false;
  const isName = (text: string) => /^\p{Lu}[\p{L}.'’-]*( \p{Lu}[\p{L}.'’-]*){1,2}$/u.test(text.trim());
  return share(filled, (text) => ADDRESS.test(text.trim()) || isName(text)) >= OWN_SHARE;
}

function read({ meaning, texts }: SampledField): Read[] {
  const reader = meaning ? valueReader(meaning) : () => null;
  return texts.map((text) => reader(text));
}

function numbersOf(field: SampledField): NumberColumn | null {
  if (field.meaning?.type !== 'number') return null;
  return { field, numbers: read(field).map((value) => (typeof value === 'number' ? value : null)) };
}

/** Whole numbers from 0 on, and a name of what is counted. Where none is 0 nothing ran out: it is how many were ordered. */
function stockOf(field: SampledField): NumberColumn | null {
  const column = hasWord(field, STOCK) ? numbersOf(field) : null;
  const counts = column?.numbers.every((number) => number === null || (Number.isInteger(number) && number >= 0));
  return counts && column?.numbers.includes(0) ? column : null;
}

/** Cents, a currency, or a name of money. */
function amountOf(field: SampledField): NumberColumn | null {
  const column = numbersOf(field);
  if (!column) return null;
  const money = share(filledIn(field), (text) => /[.,]\d{2}\D*$|[€$£¥]|[A-Z]{3}$/.test(text.trim())) >= OWN_SHARE;
  return money || hasWord(field, AMOUNT) ? column : null;
}

/** The day that half of the others come after. */
function middle({ days }: DateColumn): string {
  const sorted = days.filter((day) => day !== null).sort();
  return sorted[Math.floor(sorted.length / 2)] ?? '';
}

function ageOf(field: SampledField, timeZone: string): DateColumn | null {
  if (field.meaning?.type !== 'date' || hasWord(field, DUE) || hasWord(field, BORN)) return null;
  const toLocal = wallClock(timeZone);
  const dayOf = ({ kind, ms }: DateValue) => isoDay(kind === 'instant' ? toLocal(ms) : ms);
  const days = read(field).map((value) => (value !== null && typeof value === 'object' ? dayOf(value) : null));
  return { field, days, changes: hasWord(field, CHANGED) };
}
