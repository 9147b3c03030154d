/**
 * What a dataset's fields look like, gathered while it streams by: for drafting a plan and for people. Bounded: a few hundred kilobytes
 * whatever the file.
 */

import { hasIsoForm, isoForm, readDate } from '#lib/core/values/dates.ts';
import type { ValueType } from '#lib/core/values/value-types.ts';
import type { FieldProfile } from '#lib/shapes/datasets.ts';
import type { Item } from './port.ts';
import { typeOf } from './value-type.ts';

const TOP = 20;
const VALUE_CHARS_MAX = 120;
const ODD_CHARS_MAX = 60;
/** Values counted at once; when there are more, the rarest are forgotten. */
const COUNTED_MAX = 2_000;
/** Every value is looked at among the first so many items, later those of one item in eight and a field's first: types and shares don't change by then. */
const LOOK_AT_ALL = 20_000;

export class Profile {
  #names: readonly string[] = [];
  #columns: Column[] = [];
  #seen = 0;
  #dice = 1;

  /** Takes a segment's items in. */
  add(fields: readonly string[], items: readonly Item[]): void {
    if (this.#names !== fields) this.#begin(fields);
    const columns = this.#columns;
    for (const { values } of items) {
      const look = this.#seen++ < LOOK_AT_ALL || this.#oneInEight();
      for (let i = 0; i < columns.length; i++) {
        const value = values[i];
        if (value === undefined || value.length === 0) continue;
        const column = columns[i] as Column;
        column.filled++;
        if (look || column.looked === 0) column.look(value);
        else if (column.dated) column.span(value);
      }
    }
  }

  /** So far. */
  fields(): FieldProfile[] {
    return this.#columns.map((column) => column.describe());
  }

  /** The same for the same file, and in step with nothing that a file may repeat (a linear congruential generator). */
  #oneInEight(): boolean {
    this.#dice = (Math.imul(this.#dice, 1_103_515_245) + 12_345) | 0;
    return this.#dice >>> 29 === 0;
  }

  #begin(fields: readonly string[]): void {
    if (this.#names.length > 0) throw new Error('the fields of a file changed on the way');
    this.#names = fields;
    this.#columns = fields.map((name) => new Column(name));
  }
}

class Column {
  readonly name: string;
  filled = 0;
  looked = 0;
  /** Whether most values so far are dates: their span is then kept over all of them. */
  dated = false;
  #blank = 0;
  readonly #types = new Map<ValueType, number>();
  #counts = new Map<string, number>();
  #forgotten = 0;
  #counting = true;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;
  #form: string | null = null;
  #odd: string | null = null;

  constructor(name: string) {
    this.name = name;
  }

  look(value: string): void {
    this.looked++;
    const type = typeOf(value);
    if (type === 'empty') this.#blank++;
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
    if (type === 'date') {
      this.dated = (this.#types.get('date') ?? 0) * 2 > this.looked;
      this.span(value);
    } else this.#notIso(value);
    if (this.#counting && value.length <= VALUE_CHARS_MAX) this.#count(value);
  }

  span(value: string): void {
    const read = readDate(value);
    if (this.#odd === null) {
      this.#form ??= isoForm(value);
      if (read === null || this.#form === null || !hasIsoForm(value, this.#form)) this.#notIso(value);
    }
    if (read === null) return;
    const ms = read.kind === 'either' ? read.dayFirst : read.ms;
    if (ms < this.#minMs) this.#minMs = ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  #notIso(value: string): void {
    this.#odd ??= Buffer.from(value.slice(0, ODD_CHARS_MAX)).toString();
  }

  describe(): FieldProfile {
    const type = this.#type();
    const scale = this.looked === 0 ? 1 : this.filled / this.looked;
    const top = [...this.#counts]
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .filter(([, count]) => count > 1 || this.filled <= TOP)
      .slice(0, TOP)
      .map(([value, count]) => ({ value, count: Math.round(count * scale) }));
    const exact = this.looked === this.filled && this.#forgotten === 0 && this.#counting;
    const profile: FieldProfile = { name: this.name, type, filled: this.filled - this.#blank, top, exact };
    if (type !== 'date' && type !== 'number') return profile;
    const sorts = this.#odd !== null ? { odd: this.#odd } : this.#form !== null ? { iso: this.#form } : {};
    const span = type === 'date' && this.#minMs <= this.#maxMs ? { min: iso(this.#minMs), max: iso(this.#maxMs) } : {};
    return { ...profile, ...span, ...sorts };
  }

  #type(): ValueType {
    const filled = this.looked - this.#blank;
    if (filled === 0) return 'empty';
    for (const [type, count] of this.#types) if (type !== 'empty' && type !== 'text' && count >= filled * 0.9) return type;
    return 'text';
  }

  /** Lossy counting (Manku and Motwani 2002): when too many values are counted, those below a rising floor are forgotten. */
  #count(value: string): void {
    const count = this.#counts.get(value);
    if (count !== undefined) {
      this.#counts.set(value, count + 1);
      return;
    }
    // A value cut out of a block would keep the whole block in memory.
    this.#counts.set(Buffer.from(value).toString(), 1);
    if (this.#counts.size <= COUNTED_MAX) return;
    this.#forgotten++;
    const floor = Math.max(1, Math.floor((this.looked * 2) / COUNTED_MAX / 2));
    const kept = [...this.#counts].filter(([, times]) => times > floor).sort(([, x], [, y]) => y - x);
    this.#counts = new Map(kept.slice(0, COUNTED_MAX / 2));
    // Nothing came twice among thousands: every value is its own, and counting them is for nothing.
    if (this.#counts.size === 0 && this.#forgotten >= 3) this.#counting = false;
  }
}

function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
