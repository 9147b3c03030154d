/**
 * What a dataset's fields hold and mean, gathered while it streams by: for drafting a plan, for reading its values, and for people. Bounded: some megabytes
 * at the most, whatever the file.
 */

import { guessMeanings } from '#lib/core/values/guess-meaning.ts';
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import type { FieldLabels, FieldProfile } from '#lib/shapes/datasets.ts';
import { Column } from './column.ts';
import type { Item } from './port.ts';

/** The values of all items are counted among the first so many, later those of one item in eight and a field's first: shares don't change by then. */
const COUNT_ALL = 20_000;

export class Profile {
  readonly #now: number;
  readonly #labels: FieldLabels;
  #names: readonly string[] = [];
  #columns: Column[] = [];
  #seen = 0;
  #dice = 1;

  /**
   * @param now epoch milliseconds: which years of two digits lie ahead
   * @param labels what people call the fields that the format names
   */
  constructor(now: number, labels: FieldLabels = {}) {
    this.#now = now;
    this.#labels = labels;
  }

  /** Takes a segment's items in. */
  add(fields: readonly string[], items: readonly Item[]): void {
    if (this.#names !== fields) this.#begin(fields);
    const columns = this.#columns;
    for (const { values, line } of items) {
      const look = this.#seen++ < COUNT_ALL || this.#oneInEight();
      for (let i = 0; i < columns.length; i++) (columns[i] as Column).add(values[i] ?? '', line, look);
    }
  }

  /** So far. */
  fields(): FieldProfile[] {
    const guesses = this.guesses();
    return this.#columns.map((column, index) => column.describe(guesses[index] as FieldGuess));
  }

  /** What the fields mean, as far as their values tell. Of a field of numbers, dates or yes and no every value has been read. */
  guesses(): FieldGuess[] {
    const seen = this.#columns.map((column, index) => column.seen(this.#labelOf(this.#names[index] ?? '')));
    return guessMeanings(seen, this.#now);
  }

  #labelOf(name: string): string {
    return Object.hasOwn(this.#labels, name) ? (this.#labels[name] ?? name) : name;
  }

  /** The same for the same file, and in step with nothing that a file may repeat (a linear congruential generator). */
  #oneInEight(): boolean {
    this.#dice = (Math.imul(this.#dice, 1_103_515_245) + 12_345) | 0;
    return this.#dice >>> 29 === 0;
  }

  #begin(fields: readonly string[]): void {
    if (this.#names.length > 0) throw new Error('the fields of a file changed on the way');
    this.#names = fields;
    this.#columns = fields.map((name) => new Column(name, this.#now));
  }
}
