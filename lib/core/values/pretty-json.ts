/** JSON laid out for reading. Nothing is parsed and written anew: a number keeps its digits, a name that comes twice comes twice. */

/** Deeper ones would be mostly blanks. */
const DEPTH_MAX = 40;

/** The same tokens on lines of their own; null for what is no JSON, and for what lies too deep to be read. */
export function prettyJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let out = '';
  let depth = 0;
  /** how long it was behind a bracket that has nothing in it yet; else null */
  let opened: number | null = null;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') {
      depth += 1;
      if (depth > DEPTH_MAX) return null;
      out += token;
      opened = out.length;
      out += line();
      continue;
    } else if (token === '}' || token === ']') {
      depth -= 1;
      out = (opened === null ? out + line() : out.slice(0, opened)) + token;
    } else if (token === ',') out += token + line();
    else out += token === ':' ? ': ' : token;
    opened = null;
  }
  return out;
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
