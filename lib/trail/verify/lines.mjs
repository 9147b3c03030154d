/** The lines of a trail's files, and the bytes and texts in them. */

const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** The lines of a file, one after the other, with a look at the next one. What was read is hashed, for SHA256SUMS. */
export class Lines {
  line = 0;
  #bytes;
  #sha;
  #rest = [];
  #ready = [];
  #over = false;

  constructor(name, bytes, sha) {
    this.name = name;
    this.#bytes = bytes[Symbol.asyncIterator]();
    this.#sha = sha;
  }

  /** The next line's bytes without taking it; null at the end. `ahead` 1 is the one after that. */
  async peek(ahead = 0) {
    while (this.#ready.length <= ahead && !this.#over) await this.#fill();
    return this.#ready[ahead] ?? null;
  }

  async take() {
    const bytes = await this.peek();
    if (bytes === null) return null;
    this.#ready.shift();
    this.line += 1;
    return bytes;
  }

  /** The number of the line that `peek` gives. */
  get next() {
    return this.line + 1;
  }

  async end() {
    while ((await this.take()) !== null);
    return this.#sha.hex();
  }

  async #fill() {
    const { done, value } = await this.#bytes.next();
    if (done) {
      this.#over = true;
      if (this.#rest.length > 0) this.#ready.push(joined(this.#rest));
      this.#rest = [];
      return;
    }
    this.#sha.update(value);
    let from = 0;
    for (let at = value.indexOf(10); at !== -1; at = value.indexOf(10, from)) {
      this.#rest.push(value.subarray(from, at));
      this.#ready.push(joined(this.#rest));
      this.#rest = [];
      from = at + 1;
    }
    if (from < value.length) this.#rest.push(value.subarray(from));
    if (this.#rest.reduce((sum, { length }) => sum + length, 0) > LINE_BYTES_MAX)
      throw Object.assign(new Error('the line is too long.'), { file: this.name, line: this.next });
  }
}

/** Lines of JSON that are sorted by chunk: each is parsed when its chunk's turn has come. */
export class Rows {
  #lines;
  #report;
  #members;
  #peeked = [];

  /** @param members what a line may have, in the order in which it is written; each way one text. Lists are let be: their digest is that of their bytes. */
  constructor(lines, report, members) {
    this.#lines = lines;
    this.#report = report;
    this.#members = members;
  }

  /** {row, bytes, line} of the next line that can be read, or of the one after it; null at the end. A line that can't be read was altered. */
  async peek(ahead = 0) {
    while (this.#peeked.length <= ahead) {
      const bytes = await this.#lines.take();
      if (bytes === null) return null;
      const row = parsed(bytes);
      if (typeof row === 'object' && row !== null) {
        this.#peeked.push({ row, bytes, line: this.#lines.line });
        if (!this.#isAsWritten(row, bytes))
          this.#report.altered(this.#lines.name, this.#lines.line, 'This line is not written as a trail writes it.');
      } else this.#report.altered(this.#lines.name, this.#lines.line, 'This line is not JSON.');
    }
    return this.#peeked[ahead];
  }

  /** Not where a member is there twice, of which another reader takes the other one, and not where one was put in that nothing here looks at. */
  #isAsWritten(row, bytes) {
    if (Array.isArray(row)) return true;
    return this.#members.includes(Object.keys(row).join(' ')) && JSON.stringify(row) === text(bytes);
  }

  async take() {
    await this.peek();
    return this.#peeked.shift() ?? null;
  }

  /** Takes the lines for as long as `belongs(row)`. */
  async *while(belongs) {
    for (let next = await this.peek(); next !== null && belongs(next.row); next = await this.peek()) yield await this.take();
  }
}
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 8785: members in the order of their UTF-16 code units; strings and numbers as ECMAScript writes them. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON of these bytes; undefined where they are none. */
export function parsed(bytes) {
  try {
    return JSON.parse(text(bytes));
  } catch {
    return undefined;
  }
}

export function chunkOf(bytes) {
  const body = parsed(bytes);
  return isObject(body) ? body.chunk : undefined;
}

export function text(bytes) {
  return DECODER.decode(bytes);
}

export function encoded(string) {
  return ENCODER.encode(string);
}

export function bytesOfHex(hex) {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

export function bytesOfBase64(base64) {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

export function joined(parts) {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export async function* nothing() {}

/** An error while a file is read names that file. */
export async function* located(bytes, name) {
  try {
    yield* bytes;
  } catch (error) {
    throw Object.assign(error, { file: error.file ?? name });
  }
}
