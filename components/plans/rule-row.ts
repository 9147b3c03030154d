/**
 * A rule's condition as a row that people fill in (field, operator, value), and the same as CEL. Every row becomes CEL that reads
 * back as the same row; CEL that is no such row stays CEL. The operators with "any of" take words separated by commas and
 * compare in any case; the others compare text as it is written. "Before" and "after" are refused where the text is not in the order of time.
 */

export const OPERATORS = {
  contains_any: 'contains any of',
  is_any: 'is any of',
  starts_any: 'starts with any of',
  ends_any: 'ends with any of',
  is: 'is',
  is_not: 'is not',
  contains: 'contains',
  contains_not: 'does not contain',
  starts_with: 'starts with',
  ends_with: 'ends with',
  is_empty: 'is empty',
  is_not_empty: 'is not empty',
  matches: 'matches (regex)',
  before: 'is before',
  after: 'is after',
} as const;
export type Operator = keyof typeof OPERATORS;

export type RuleRow = { field: string; operator: Operator; value: string };

/** Whether the operator compares with a value; "is empty" does not. */
export function takesValue(operator: Operator): boolean {
  return operator !== 'is_empty' && operator !== 'is_not_empty';
}

/** Whether the value is a list of words; words of a list are compared in any case. */
export function takesWords(operator: Operator): boolean {
  return operator === 'is_any' || operator in WORD_METHODS;
}

/**
 * The words of such a value, as they are compared: between commas or line ends, in lower case.
 * @internal for its tests
 */
export function wordsOf(value: string): string[] {
  return value
    .split(/[,\r\n]/)
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
}

/** The row as CEL. The value of an operator that takes none is dropped, and a list of words without a word holds for nothing. */
export function rowToCel({ field, operator, value }: RuleRow): string {
  const operand = access(field);
  const text = quote(value);
  switch (operator) {
    case 'contains_any':
    case 'starts_any':
    case 'ends_any':
      return `${list(value)}.exists(word, ${operand}.lower().${WORD_METHODS[operator]}(word))`;
    case 'is_any':
      return `${operand}.lower() in ${list(value)}`;
    case 'is':
      return `${operand} == ${text}`;
    case 'is_not':
      return `${operand} != ${text}`;
    case 'contains':
      return `${operand}.contains(${text})`;
    case 'contains_not':
      return `!${operand}.contains(${text})`;
    case 'starts_with':
      return `${operand}.startsWith(${text})`;
    case 'ends_with':
      return `${operand}.endsWith(${text})`;
    case 'is_empty':
      return `${operand} == ""`;
    case 'is_not_empty':
      return `${operand} != ""`;
    case 'matches':
      return `${operand}.matches(${text})`;
    case 'before':
      return `${operand} != "" && ${operand} < ${text}`;
    case 'after':
      return `${operand} > ${text}`;
  }
}

/** The row that this CEL says, or null when it says more than a row can. Spaces and the kind of quote do not matter. */
export function celToRow(cel: string): RuleRow | null {
  const reader = new Reader(cel);
  const row = reader.condition();
  return row !== null && reader.atEnd() ? row : null;
}

const WORD_METHODS: Partial<Record<Operator, string>> = {
  contains_any: 'contains',
  starts_any: 'startsWith',
  ends_any: 'endsWith',
};
const WORD_OPERATORS: Operator[] = ['contains_any', 'starts_any', 'ends_any'];
const METHODS: Record<string, Operator> = {
  contains: 'contains',
  startsWith: 'starts_with',
  endsWith: 'ends_with',
  matches: 'matches',
};
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Words that CEL does not take as an identifier. */
const RESERVED = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(
    ' ',
  ),
);

function access(field: string): string {
  return IDENTIFIER.test(field) && !RESERVED.has(field) ? `item.${field}` : `item[${quote(field)}]`;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped here
  return `"${text.replace(/[\\"\n\r\t]|[\u0000-\u001f\u007f\u2028\u2029]/g, (mark) => ESCAPES[mark] ?? `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
}

function list(value: string): string {
  return `[${wordsOf(value).map(quote).join(', ')}]`;
}

/** Reads the few shapes that rows have; anything else is null. */
class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  condition(): RuleRow | null {
    if (this.peek('[')) return this.anyOf();
    const negated = this.take('!');
    if (this.text.startsWith('has(', this.at)) return this.presence(negated);
    const field = this.field();
    if (field === null) return null;
    if (this.take('.')) return this.call(field, negated);
    return negated ? null : this.comparison(field);
  }

  /** `["a", "b"].exists(word, item.x.lower().contains(word))` */
  private anyOf(): RuleRow | null {
    const words = this.words();
    if (words === null || !this.take('.') || this.word() !== 'exists' || !this.take('(')) return null;
    const variable = this.word();
    if (variable === '' || variable === 'item' || RESERVED.has(variable) || !this.take(',')) return null;
    const field = this.field();
    if (field === null || !this.take('.') || !this.lower() || !this.take('.')) return null;
    const method = this.word();
    const operator = WORD_OPERATORS.find((candidate) => WORD_METHODS[candidate] === method);
    if (!operator || !this.take('(') || this.word() !== variable || !this.take(')') || !this.take(')')) return null;
    return { field, operator, value: words.join(', ') };
  }

  private lower(): boolean {
    return this.word() === 'lower' && this.take('(') && this.take(')');
  }

  /** A list of words that a row's value can hold: others would read back as something else. */
  private words(): string[] | null {
    if (!this.take('[')) return null;
    const words: string[] = [];
    while (!this.take(']')) {
      if (words.length > 0 && !this.take(',')) return null;
      const word = this.string();
      if (word === null || wordsOf(word)[0] !== word) return null;
      words.push(word);
    }
    return words;
  }

  /** `has(item.x)`, which asks whether the field is not empty. */
  private presence(negated: boolean): RuleRow | null {
    this.at += 'has('.length;
    const field = this.field();
    if (field === null || !this.take(')')) return null;
    return { field, operator: negated ? 'is_empty' : 'is_not_empty', value: '' };
  }

  atEnd(): boolean {
    this.space();
    return this.at === this.text.length;
  }

  private call(field: string, negated: boolean): RuleRow | null {
    const method = this.word();
    if (method === 'lower') return negated ? null : this.isAny(field);
    const operator = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
    if (!operator || !this.take('(')) return null;
    const value = this.string();
    if (value === null || !this.take(')')) return null;
    if (!negated) return { field, operator, value };
    return operator === 'contains' ? { field, operator: 'contains_not', value } : null;
  }

  /** The rest of `item.x.lower() in ["a", "b"]` */
  private isAny(field: string): RuleRow | null {
    if (!this.take('(') || !this.take(')') || this.word() !== 'in') return null;
    const words = this.words();
    return words === null ? null : { field, operator: 'is_any', value: words.join(', ') };
  }

  private comparison(field: string): RuleRow | null {
    const sign = ['==', '!=', '>'].find((candidate) => this.take(candidate));
    // `>=` is not a row.
    if (!sign || this.text[this.at] === '=') return null;
    const value = this.string();
    if (value === null) return null;
    if (sign === '>') return { field, operator: 'after', value };
    if (sign === '==') return value === '' ? { field, operator: 'is_empty', value } : { field, operator: 'is', value };
    if (value !== '') return { field, operator: 'is_not', value };
    if (!this.take('&&')) return { field, operator: 'is_not_empty', value };
    return this.before(field);
  }

  /** The rest of `item.date != "" && item.date < "…"`: an empty date is not before anything. */
  private before(field: string): RuleRow | null {
    if (this.field() !== field || !this.take('<') || this.text[this.at] === '=') return null;
    const value = this.string();
    return value === null ? null : { field, operator: 'before', value };
  }

  private field(): string | null {
    if (this.word() !== 'item') return null;
    if (this.take('[')) {
      const name = this.string();
      return name !== null && this.take(']') ? name : null;
    }
    if (!this.take('.')) return null;
    const name = this.word();
    return name === '' || RESERVED.has(name) ? null : name;
  }

  private string(): string | null {
    this.space();
    const mark = this.text[this.at];
    if (mark !== '"' && mark !== "'") return null;
    // Triple quotes are CEL too, and nothing a row writes.
    if (this.text.startsWith(mark.repeat(3), this.at)) return null;
    this.at += 1;
    let value = '';
    while (this.at < this.text.length) {
      const character = this.text[this.at] ?? '';
      this.at += 1;
      if (character === mark) return value;
      if (character === '\n' || character === '\r') return null;
      if (character !== '\\') {
        value += character;
        continue;
      }
      const plain = this.escape();
      if (plain === null) return null;
      value += plain;
    }
    return null;
  }

  private escape(): string | null {
    const kind = this.text[this.at] ?? '';
    this.at += 1;
    const simple = UNESCAPES[kind];
    if (simple !== undefined) return simple;
    const digits = kind === 'u' ? 4 : kind === 'x' || kind === 'X' ? 2 : 0;
    const hex = this.text.slice(this.at, this.at + digits);
    if (digits === 0 || hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) return null;
    this.at += digits;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  private word(): string {
    this.space();
    const start = this.at;
    while (/[A-Za-z0-9_]/.test(this.text[this.at] ?? '')) this.at += 1;
    const word = this.text.slice(start, this.at);
    return IDENTIFIER.test(word) ? word : '';
  }

  private peek(token: string): boolean {
    this.space();
    return this.text.startsWith(token, this.at);
  }

  private take(token: string): boolean {
    if (!this.peek(token)) return false;
    this.at += token.length;
    return true;
  }

  private space(): void {
    while (/[ \t\r\n\f]/.test(this.text[this.at] ?? '')) this.at += 1;
  }
}

const UNESCAPES: Record<string, string> = {
  '\\': '\\',
  '"': '"',
  "'": "'",
  '`': '`',
  '?': '?',
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};
