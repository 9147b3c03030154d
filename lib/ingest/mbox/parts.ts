/** The parts of a message (RFC 5322, RFC 2046), as views of its bytes: no body is copied or decoded, however long it is. */
import libmime from 'libmime';

/** A header field: its value unfolded, a byte a character. */
type HeaderLine = { name: string; value: string };

class Head {
  /** All of it, the blank line at its end included. */
  readonly bytes: Buffer;
  readonly lines: HeaderLine[];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.lines = headerLines(bytes.toString('latin1', 0, HEAD_BYTES_MAX));
  }

  /** The value of the first field of that name (lower case); empty where there is none. */
  first(name: string): string {
    return this.lines.find((line) => line.name === name)?.value ?? '';
  }

  all(name: string): string[] {
    return this.lines.filter((line) => line.name === name).map(({ value }) => value);
  }
}

/** A part that holds no others. `params` are those of its Content-Type, their values as `first` gives them. */
export type Part = {
  head: Head;
  body: Buffer;
  /** lower case: "text/plain" */
  type: string;
  charset: string;
  flowed: boolean;
  delSp: boolean;
  /** lower case; empty where it has none */
  disposition: string;
  /** Another part says the same better, or worse: it stands in a multipart/alternative. */
  alternative: boolean;
  /** The head of the message within the mail that begins with this part. */
  begins: Head | null;
};

export type Message = { head: Head; parts: Part[] };

/** Never throws, whatever the bytes. At most PARTS_MAX parts, at most DEPTH_MAX deep. */
export function readParts(bytes: Buffer): Message {
  const parts: Part[] = [];
  const head = collect(bytes, parts, { depth: 0, alternative: false, begins: false });
  return { head, parts };
}

/** A parameter of a header's value, and whether it was in a form of RFC 2231, which is decoded already. @param value of text, not of bytes */
export function parameter(value: string, name: string): { text: string; decoded: boolean } | null {
  const { params, decodedParams } = libmime.parseHeaderValue(value, { stripComments: true });
  const text = params[name];
  return text === undefined || text === '' ? null : { text, decoded: decodedParams.includes(name) };
}

const HEAD_BYTES_MAX = 1024 ** 2;
const PARTS_MAX = 1_000;
const DEPTH_MAX = 50;

type Within = { depth: number; alternative: boolean; begins: boolean };

function collect(bytes: Buffer, parts: Part[], within: Within): Head {
  const end = headEnd(bytes);
  const head = new Head(bytes.subarray(0, end));
  const body = bytes.subarray(end);
  const described = libmime.parseHeaderValue(head.first('content-type'), { stripComments: true });
  const disposition = head.first('content-disposition');
  const said =
    disposition === '' ? '' : libmime.parseHeaderValue(disposition, { stripComments: true }).value.toLowerCase().trim();
  const type = described.value.toLowerCase().trim() || (said === 'attachment' ? 'application/octet-stream' : 'text/plain');
  const boundary = (described.params.boundary ?? '').trimEnd();
  if (within.depth < DEPTH_MAX && parts.length < PARTS_MAX) {
    const before = parts.length;
    const alternative = within.alternative || type === 'multipart/alternative';
    const deeper = { depth: within.depth + 1, alternative, begins: false };
    if (type.startsWith('multipart/') && boundary !== '') {
      for (const part of between(body, boundary)) {
        if (parts.length >= PARTS_MAX) break;
        collect(part, parts, deeper);
      }
    } else if (type === 'message/rfc822' && said === 'inline') collect(body, parts, { ...deeper, begins: true });
    const first = parts[before];
    if (first && within.begins) first.begins = head;
    if (first) return head;
  }
  const { charset = '', format = '', delsp = '' } = described.params;
  parts.push({
    head,
    body,
    // A multipart without its boundary holds one text.
    type: type.startsWith('multipart/') ? 'text/plain' : type,
    charset: charset.trim(),
    flowed: type === 'text/plain' && format.toLowerCase().trim() === 'flowed',
    delSp: delsp.toLowerCase().trim() === 'yes',
    disposition: said,
    alternative: within.alternative,
    begins: within.begins ? head : null,
  });
  return head;
}

/** Behind the first blank line. */
function headEnd(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length && at < HEAD_BYTES_MAX) {
    if (bytes[at] === 10) return at + 1;
    if (bytes[at] === 13 && bytes[at + 1] === 10) return at + 2;
    const eol = bytes.indexOf(10, at);
    if (eol === -1) return bytes.length;
    at = eol + 1;
  }
  return Math.min(at, bytes.length);
}

function headerLines(text: string): HeaderLine[] {
  const lines: HeaderLine[] = [];
  let folded: string[] = [];
  const add = () => {
    const line = folded.join(' ');
    const colon = line.indexOf(':');
    if (folded.length > 0)
      lines.push({ name: line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), value: line.slice(colon + 1).trim() });
  };
  for (const line of text.split(/\r?\n/)) {
    if (folded.length > 0 && (line.startsWith(' ') || line.startsWith('\t'))) folded.push(line.slice(1));
    else {
      add();
      folded = line === '' ? [] : [line];
    }
  }
  add();
  return lines;
}

/** What lies between the delimiter lines of a boundary; where the last is missing, up to the end. */
function* between(body: Buffer, boundary: string): Generator<Buffer> {
  const needle = Buffer.from(`--${boundary}`, 'latin1');
  let start = -1;
  for (let at = body.indexOf(needle); at !== -1; at = body.indexOf(needle, at + needle.length)) {
    if (at > 0 && body[at - 1] !== 10) continue;
    const end = at + needle.length;
    const rest = body
      .toString('latin1', end, end + DELIMITER_REST_MAX)
      .split('\n', 1)[0]
      ?.trim();
    if (rest !== '' && rest !== '--') continue;
    if (start !== -1) yield body.subarray(start, lineEndBefore(body, start, at));
    if (rest === '--') return;
    const eol = body.indexOf(10, end);
    start = eol === -1 ? body.length : eol + 1;
  }
  if (start !== -1) yield body.subarray(start);
}

/** A delimiter line has nothing but blanks behind its boundary. */
const DELIMITER_REST_MAX = 100;

/** The line end before a delimiter belongs to the delimiter. */
function lineEndBefore(body: Buffer, start: number, at: number): number {
  if (at - 1 < start || body[at - 1] !== 10) return Math.max(at, start);
  return at - 2 >= start && body[at - 2] === 13 ? at - 2 : at - 1;
}
