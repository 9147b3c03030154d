/** Records of JSON as the rows of a segment. The first ones are kept back until it is known which fields there are. */
import iconv from 'iconv-lite';
import { CountersignError } from '#lib/core/errors.ts';
import { UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import { type Guess, saidByPerson } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import { CHARSETS, type Charset, charsetNamed, detectCharset, isMultibyte } from '#lib/ingest/csv/charset.ts';
import type { Item, UnreadableRow } from '#lib/ingest/port.ts';
import { Flattener, NoRow } from './flatten.ts';

/** The character set of a file, and how it was told. */
export type Encoding = { charset: Charset; guess: Guess<string> };

/** JSON is UTF-8, or says otherwise by its first bytes (RFC 8259 8.1); what is neither is read as a table is. */
export function encodingOf(head: Buffer, complete: boolean, { charset: said }: LayoutSaid): Encoding {
  const found = detectCharset(head, complete);
  if (said !== undefined) {
    const charset = charsetNamed(said, head);
    if (charset) return { charset, guess: saidByPerson(charset.name, found.guess) };
    throw new CountersignError(
      'invalid',
      `“${said}” is no character set that can be read. Choose one of ${CHARSETS.join(', ')}.`,
    );
  }
  return found;
}

/** Where the signs of JSON are found in bytes of a character set: the low byte of each unit, at `low`. */
export type Units = { unit: 1 | 2 | 4; low: number };

/** Sets whose second bytes can be mistaken for signs are read as UTF-8. */
export function unitsOf({ name, unit }: Charset): Units {
  return { unit, low: name.endsWith('BE') ? unit - 1 : 0 };
}

export type Rows = { fields: readonly string[]; items: Item[]; unreadable: UnreadableRow[] };

export class JsonRows {
  readonly #charset: Charset;
  readonly #flattener = new Flattener();
  #items: Item[] = [];
  #unreadable: UnreadableRow[] = [];
  /** Of the rows that are kept back: they have no values yet of the fields that come after theirs. */
  #open: string[][] = [];
  #closed = false;
  #kept = 0;

  constructor(charset: Charset) {
    this.#charset = charset;
  }

  /** @param raw a view, copied while it is kept back */
  add(line: number, raw: Buffer): void {
    try {
      const { values, plain } = this.#flattener.row(this.#text(raw));
      if (!this.#closed) this.#open.push(values);
      this.#items.push({ line, values, raw: this.#closed ? raw : Buffer.from(raw), plain });
    } catch (error) {
      if (!(error instanceof NoRow)) throw error;
      this.refuse(line, `line ${line} ${error.message}`, raw);
    }
    this.#kept += raw.length;
    // Decided here and not where a block ends, so that the cuts make no difference.
    if (!this.#closed && (this.#open.length >= RECORDS_LOOKED_AT || this.#kept >= BYTES_LOOKED_AT)) this.#close(false);
  }

  refuse(line: number, reason: string, raw: Buffer, whole = true): void {
    const excerpt = Buffer.from(raw.subarray(0, UNREADABLE_EXCERPT_BYTES));
    const row = { line, reason, excerpt, raw: whole ? (this.#closed ? raw : Buffer.from(raw)) : null };
    this.#unreadable.push(row);
  }

  /** null while it is not known which fields there are. */
  take(final: boolean): Rows | null {
    if (!this.#closed && !final) return null;
    if (!this.#closed) this.#close(true);
    const rows = { fields: this.#flattener.names, items: this.#items, unreadable: this.#unreadable };
    this.#items = [];
    this.#unreadable = [];
    return rows;
  }

  #close(whole: boolean): void {
    this.#closed = true;
    this.#flattener.close(whole);
    for (const values of this.#open) while (values.length < this.#flattener.names.length) values.push('');
    this.#open = [];
  }

  #text(raw: Buffer): string {
    return this.#charset.unit === 1 && (this.#charset.name === 'UTF-8' || isMultibyte(this.#charset))
      ? raw.toString('utf8')
      : iconv.decode(raw, this.#charset.name, { stripBOM: false });
  }
}

/** So many records, or bytes of them, tell which fields there are. */
const RECORDS_LOOKED_AT = 5_000;
const BYTES_LOOKED_AT = 4 * 1024 ** 2;
