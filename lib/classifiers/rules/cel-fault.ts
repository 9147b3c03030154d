/**
 * Says where a CEL text stops being one, in words for somebody who has never read a grammar. The library's parser reports the
 * last place where it could have stopped, which for an open quote is far before the mistake; this walks the text once as tokens.
 */

export type Fault = { offset: number; expected: string };

/** The first mistake of a text that does not parse, or null when the tokens alone show none. Offsets count UTF-16 units. */
export function findFault(text: string): Fault | null {
  let expects: 'operand' | 'operator' | 'name' = 'operand';
  const open: { bracket: string; offset: number }[] = [];
  let last = '';
  let offset = 0;
  while (offset < text.length) {
    const token = nextToken(text, offset);
    if ('expected' in token) return token;
    const { kind, value, end } = token;
    if (kind === 'space') {
      offset = end;
      continue;
    }
    if (expects === 'name') {
      if (kind !== 'word') return { offset, expected: 'expected a name after the dot' };
      expects = 'operator';
    } else if (kind === 'open') {
      open.push({ bracket: value, offset });
      expects = 'operand';
    } else if (kind === 'close') {
      const opened = open.pop();
      if (!opened) return { offset, expected: `unexpected ${value}: no bracket is open here` };
      if (CLOSING[opened.bracket] !== value)
        return {
          offset,
          expected: `expected ${CLOSING[opened.bracket]} for the ${opened.bracket} at column ${opened.offset + 1}`,
        };
      if (expects === 'operand' && last !== opened.bracket && last !== ',')
        return { offset, expected: `expected a value after ${last}` };
      expects = 'operator';
    } else if (kind === 'value' || kind === 'word') {
      if (expects === 'operator')
        return { offset, expected: INSTEAD[value.toLowerCase()] ?? 'expected an operator, such as == or &&, before this' };
      if (value === 'not') return { offset, expected: 'expected ! instead of not' };
      expects = 'operator';
    } else if (value === '!' || (value === '-' && expects === 'operand')) {
      if (expects === 'operator') return { offset, expected: 'expected != or an operator before !' };
    } else {
      if (expects === 'operand' && !(value === '.' && last !== '.')) {
        return {
          offset,
          expected: last === '' ? `expected a value before ${value}` : `expected a value between ${last} and ${value}`,
        };
      }
      expects = value === '.' ? 'name' : 'operand';
    }
    last = value;
    offset = end;
  }
  const unclosed = open.pop();
  if (expects !== 'operator')
    return { offset: text.length, expected: last === '' ? 'expected a condition' : `expected a value after ${last}` };
  if (unclosed)
    return {
      offset: text.length,
      expected: `expected ${CLOSING[unclosed.bracket]} for the ${unclosed.bracket} at column ${unclosed.offset + 1}`,
    };
  return null;
}

const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
const INSTEAD: Record<string, string> = {
  and: 'expected && instead of and',
  or: 'expected || instead of or',
  is: 'expected == instead of is',
  contains: 'expected .contains(…), as in item.subject.contains("x")',
  matches: 'expected .matches(…), as in item.subject.matches("x")',
};

type Token = { kind: 'space' | 'word' | 'value' | 'open' | 'close' | 'operator'; value: string; end: number };

const SPACE = /(?:\s+|\/\/[^\n\r]*)+/y;
const QUOTE = /[rRbB]{0,2}("""|'''|"|')/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[uU]?/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /&&|\|\||==|!=|<=|>=|[<>+\-*/%!?:,.]/y;

function nextToken(text: string, offset: number): Token | Fault {
  const at = (pattern: RegExp) => {
    pattern.lastIndex = offset;
    return pattern.exec(text);
  };
  const space = at(SPACE);
  if (space) return { kind: 'space', value: '', end: offset + space[0].length };
  const quote = at(QUOTE);
  if (quote) return stringToken(text, offset, quote[0], quote[1] ?? '"');
  const number = at(NUMBER);
  if (number) return { kind: 'value', value: number[0], end: offset + number[0].length };
  const word = at(WORD);
  if (word) return { kind: word[0] === 'in' ? 'operator' : 'word', value: word[0], end: offset + word[0].length };
  const character = text[offset] ?? '';
  if ('([{'.includes(character)) return { kind: 'open', value: character, end: offset + 1 };
  if (')]}'.includes(character)) return { kind: 'close', value: character, end: offset + 1 };
  const operator = at(OPERATOR);
  if (operator) return { kind: 'operator', value: operator[0], end: offset + operator[0].length };
  if ('“”„‘’‚«»`'.includes(character)) return { offset, expected: 'expected a straight quote, " or \'' };
  if (character === '=') return { offset, expected: 'expected ==, with two equals signs' };
  if (character === '&') return { offset, expected: 'expected &&' };
  if (character === '|') return { offset, expected: 'expected ||' };
  return { offset, expected: `unexpected “${String.fromCodePoint(text.codePointAt(offset) ?? 0)}”` };
}

function stringToken(text: string, offset: number, opening: string, quote: string): Token | Fault {
  const raw = /r/i.test(opening);
  let at = offset + opening.length;
  while (at < text.length) {
    if (text.startsWith(quote, at)) return { kind: 'value', value: 'the text', end: at + quote.length };
    if (quote.length === 1 && (text[at] === '\n' || text[at] === '\r')) break;
    at += text[at] === '\\' && !raw ? 2 : 1;
  }
  const end = Math.min(at, text.length);
  return { offset: end, expected: `expected a quote: the text that begins at column ${columnOf(text, offset)} does not end` };
}

/** 1-based line and column of an offset. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  return { line: text.slice(0, offset).split(/\r\n|\r|\n/).length, column: columnOf(text, offset) };
}

function columnOf(text: string, offset: number): number {
  const before = text.slice(0, offset);
  return offset - Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r'));
}
