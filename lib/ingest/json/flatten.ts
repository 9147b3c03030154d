/**
 * One JSON value (RFC 8259) as the values of a row: what lies in objects is a field of its own, named by its path ("customer.address.city"); an array is its
 * JSON text; a number is the text that stands in the file, for 1.10 and 12345678901234567890 are not what a program would make of them. null is
 * empty, as a field that is missing is: the original has the difference. What is no object is the field "value".
 */
import { FIELDS_MAX, JSON_DEPTH_MAX } from '#lib/core/limits.ts';
import { toVisible } from '#lib/ingest/visible.ts';

/** Why a text is no row, in words that follow its line: "names “a” twice". */
export class NoRow extends Error {}

/** `plain` as in an item. */
export type Row = { values: string[]; plain: boolean };

/** Where a field of objects stands: `children` by their keys. */
type Place = { path: string; index: number; children: Map<string, Place> | null; record: number };

/** Gathers the fields while it is open; afterwards a field that was not seen before goes into `other`, as JSON. */
export class Flattener {
  #names: string[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #root: Place = { path: '', index: NONE, children: null, record: 0 };
  /** By field: the record that had it last. */
  readonly #had: number[] = [];
  #open = true;
  #other = NONE;
  #record = 0;
  #text = '';
  #at = 0;
  #values: string[] = [];
  #plain = true;
  #unseen: string[] = [];

  /** The fields so far, in the order in which they first appeared. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** From here on the fields are those that there are. @param whole whether every row has been read: then there is no other field. */
  close(whole: boolean): void {
    this.#open = false;
    this.#names = this.#names.map(toVisible);
    if (!whole && this.#other === NONE) this.#other = this.#addOther();
  }

  /** Throws NoRow. */
  row(text: string): Row {
    this.#record++;
    this.#text = text;
    this.#at = 0;
    this.#plain = true;
    this.#values = this.#open ? [] : new Array<string>(this.#names.length).fill('');
    this.#unseen = [];
    this.#blanks();
    if (text.charCodeAt(this.#at) === OBJECT) this.#value(this.#root, 0);
    else this.#field(this.#root, 'value', 0);
    this.#blanks();
    if (this.#at < text.length) this.#fail('there is more behind its value');
    if (this.#unseen.length > 0) {
      if (this.#other === NONE) this.#other = this.#addOther();
      this.#values[this.#other] = toVisible(`{${this.#unseen.join(',')}}`);
      this.#plain = false;
    }
    return { values: this.#values, plain: this.#plain };
  }

  #addOther(): number {
    let name = 'other fields';
    for (let again = 2; this.#names.includes(name); again++) name = `other fields (${again})`;
    return this.#names.push(name) - 1;
  }

  /** null where the field is not one of those that there are. */
  #child(place: Place, key: string): Place | null {
    const known = place.children?.get(key);
    if (known !== undefined) return known;
    if (!this.#open || this.#names.length >= FIELDS_MAX - 1) return null;
    const path = place === this.#root ? key : `${place.path}.${key}`;
    const child = { path: path === '' ? '(no name)' : path, index: NONE, children: null, record: 0 };
    place.children ??= new Map();
    place.children.set(key, child);
    return child;
  }

  #value(place: Place, depth: number): void {
    const start = this.#at;
    switch (this.#text.charCodeAt(start)) {
      case OBJECT:
        this.#object(place, depth);
        return;
      case QUOTE:
        this.#set(place, this.#string());
        return;
      case LIST:
        this.#skip(depth);
        this.#plain = false;
        this.#set(place, toVisible(this.#text.slice(start, this.#at)));
        return;
      default:
        this.#set(place, this.#scalar());
    }
  }

  #object(place: Place, depth: number): void {
    if (depth >= JSON_DEPTH_MAX) this.#fail(`it is nested more than ${JSON_DEPTH_MAX} deep`);
    if (place !== this.#root) {
      if (place.record === this.#record) this.#twice(place.path);
      place.record = this.#record;
    }
    this.#at++;
    this.#blanks();
    if (this.#text.charCodeAt(this.#at) === OBJECT_END) {
      this.#at++;
      if (place !== this.#root) this.#set(place, '{}');
      return;
    }
    for (;;) {
      this.#field(place, this.#key(), depth + 1);
      this.#blanks();
      const next = this.#text.charCodeAt(this.#at++);
      if (next === OBJECT_END) return;
      if (next !== COMMA) this.#fail('a comma or the end of an object is missing', this.#at - 1);
      this.#blanks();
    }
  }

  #field(place: Place, key: string, depth: number): void {
    const child = this.#child(place, key);
    if (child) {
      this.#value(child, depth);
      return;
    }
    // It is none of those that there are.
    const start = this.#at;
    this.#skip(depth);
    const path = place === this.#root ? key : `${place.path}.${key}`;
    this.#unseen.push(`${JSON.stringify(path)}:${this.#text.slice(start, this.#at)}`);
  }

  #key(): string {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) this.#fail('the name of a field is missing');
    const plain = this.#plain;
    const key = this.#string();
    // Names are written by the store itself, whatever is in them.
    this.#plain = plain;
    this.#blanks();
    if (this.#text.charCodeAt(this.#at) !== COLON) this.#fail('a colon is missing');
    this.#at++;
    this.#blanks();
    return key;
  }

  #set(place: Place, value: string): void {
    if (place.index === NONE) {
      // A key may hold a dot: then two places have one path.
      const known = this.#indexes.get(place.path);
      place.index = known ?? this.#names.push(place.path) - 1;
      this.#indexes.set(place.path, place.index);
    }
    if (this.#had[place.index] === this.#record) this.#twice(place.path);
    this.#had[place.index] = this.#record;
    while (this.#values.length < place.index) this.#values.push('');
    this.#values[place.index] = value;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let end = text.indexOf('"', start);
    if (end === -1) this.#fail('a quote is not closed');
    const whole = text.slice(start, end);
    if (!whole.includes('\\')) {
      if (CONTROL.test(whole)) this.#fail('a text holds a control character', start);
      this.#at = end + 1;
      return whole;
    }
    end = endOfString(text, start);
    if (end === -1) this.#fail('a quote is not closed');
    this.#at = end + 1;
    this.#plain = false;
    try {
      return toVisible(JSON.parse(text.slice(start - 1, end + 1)) as string);
    } catch {
      return this.#fail('a text holds a control character, or an escape that is none', start);
    }
  }

  #scalar(): string {
    SCALAR.lastIndex = this.#at;
    const found = SCALAR.exec(this.#text)?.[0];
    if (found === undefined) return this.#fail(this.#at >= this.#text.length ? 'it ends too early' : 'a value is missing');
    this.#at += found.length;
    return found === 'null' ? '' : found;
  }

  /** Past a value of any kind, which is looked at all the same. */
  #skip(depth: number): void {
    const start = this.#text.charCodeAt(this.#at);
    if (start === QUOTE) this.#string();
    else if (start !== LIST && start !== OBJECT) this.#scalar();
    else this.#skipNested(start, depth);
  }

  #skipNested(kind: number, depth: number): void {
    if (depth >= JSON_DEPTH_MAX) this.#fail(`it is nested more than ${JSON_DEPTH_MAX} deep`);
    const end = kind === LIST ? LIST_END : OBJECT_END;
    this.#at++;
    this.#blanks();
    if (this.#text.charCodeAt(this.#at) === end) {
      this.#at++;
      return;
    }
    for (;;) {
      if (kind === OBJECT) this.#key();
      this.#skip(depth + 1);
      this.#blanks();
      const next = this.#text.charCodeAt(this.#at++);
      if (next === end) return;
      if (next !== COMMA) this.#fail(`a comma or the end of ${kind === LIST ? 'a list' : 'an object'} is missing`, this.#at - 1);
      this.#blanks();
    }
  }

  #blanks(): void {
    const text = this.#text;
    for (let code = text.charCodeAt(this.#at); code <= 32; code = text.charCodeAt(++this.#at))
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
  }

  #twice(path: string): never {
    throw new NoRow(`names “${path}” twice`);
  }

  #fail(what: string, at = this.#at): never {
    throw new NoRow(`is no JSON at its character ${at + 1}: ${what}`);
  }
}

/** The quote that ends a string which begins before `start`; -1 where there is none. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return -1;
}

const NONE = -1;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const LIST = 0x5b;
const LIST_END = 0x5d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x1f]/;
