/**
 * JSON (RFC 8259) as a tree over its own text: every value is where it stands, so that 1.10 and 12345678901234567890 are shown as they are written, a key that is there
 * twice is there twice, and what is not opened costs nothing. Nothing here calls itself, so that no depth is too deep.
 */

export type JsonNode = {
  kind: 'object' | 'list' | 'text' | 'number' | 'word';
  /** in UTF-16 units of the text: from (inclusive), to (exclusive) */
  from: number;
  to: number;
};

/** `key`: of an object's member as it reads; of a list's its index from 0. */
export type JsonMember = { key: string | number; node: JsonNode };

/** The value of a text that is an object or a list of JSON; null for every other text, which is shown as it is. */
export function jsonRoot(text: string): JsonNode | null {
  const from = pastBlanks(text, 0);
  if (text[from] !== '{' && text[from] !== '[') return null;
  try {
    // Quick, and it refuses what is not JSON: below it is taken for granted.
    JSON.parse(text);
  } catch {
    return null;
  }
  return nodeAt(text, from);
}

/** The members of an object or a list from the `skip`th on: at most `most`, and how many there are in all. */
export function jsonMembers(
  text: string,
  { kind, from }: JsonNode,
  skip: number,
  most: number,
): { members: JsonMember[]; count: number } {
  const members: JsonMember[] = [];
  let count = 0;
  let at = pastBlanks(text, from + 1);
  while (at < text.length && text[at] !== '}' && text[at] !== ']') {
    const named = kind === 'object' ? pastText(text, at) : at;
    const value = kind === 'object' ? pastBlanks(text, pastBlanks(text, named) + 1) : at;
    const to = pastValue(text, value);
    if (count >= skip && members.length < most) {
      const key = kind === 'object' ? readText(text, at, named) : count;
      members.push({ key, node: { kind: kindAt(text, value), from: value, to } });
    }
    count += 1;
    at = pastBlanks(text, to);
    if (text[at] === ',') at = pastBlanks(text, at + 1);
  }
  return { members, count };
}

/** A value as it reads: a text without its quotes and escapes, every other as it is written. */
export function jsonWords(text: string, { kind, from, to }: JsonNode): string {
  return kind === 'text' ? readText(text, from, to) : text.slice(from, to);
}

/** Where a value is: `orders[3].name`, and `["odd key"]` where a key is no plain word. */
export function jsonPath(keys: readonly (string | number)[]): string {
  return keys
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}

function nodeAt(text: string, from: number): JsonNode {
  return { kind: kindAt(text, from), from, to: pastValue(text, from) };
}

function kindAt(text: string, at: number): JsonNode['kind'] {
  const sign = text[at] ?? '';
  if (sign === '{') return 'object';
  if (sign === '[') return 'list';
  if (sign === '"') return 'text';
  return /[-\d]/.test(sign) ? 'number' : 'word';
}

function pastValue(text: string, from: number): number {
  const sign = text[from];
  if (sign === '"') return pastText(text, from);
  if (sign !== '{' && sign !== '[') {
    SCALAR_END.lastIndex = from;
    return SCALAR_END.exec(text)?.index ?? text.length;
  }
  let open = 0;
  for (let at = from; at < text.length; at++) {
    const here = text[at];
    if (here === '"') at = pastText(text, at) - 1;
    else if (here === '{' || here === '[') open += 1;
    else if ((here === '}' || here === ']') && --open === 0) return at + 1;
  }
  return text.length;
}

const SCALAR_END = /[\s,\]}]/g;

function pastText(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function pastBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text[at] ?? '')) at += 1;
  return at;
}

function readText(text: string, from: number, to: number): string {
  return String(JSON.parse(text.slice(from, to)));
}
