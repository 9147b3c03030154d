/**
 * Conditions in CEL (cel.dev) over one item. `item` is a map from field name to text: `item.subject`, `item["Ticket Subject"]`.
 * Beyond the language and its strings extension there are `text.lower()`, which knows every alphabet, and `number(text)`, which is
 * NaN where the text is no number, so that comparing it is false instead of an error. A pattern of `matches` is RE2: linear in
 * its input, whoever wrote it. `has(item.x)` means "is not empty".
 */
import { type CelMap, CelScalar, celEnv, celFunc, celMap, celMethod, isCelError, parse, plan } from '@bufbuild/cel';
import { RE2JS } from 're2js';
import { nearest } from '#lib/core/values/nearest.ts';
import { type Expr, fieldOf, leftmost, partsOf, rewriteHas } from './cel-ast.ts';
import { findFault, placeOf } from './cel-fault.ts';
import { account, beginMaking, givenBefore, textFunctions } from './cel-texts.ts';
import { inWords } from './cel-words.ts';

/** What a condition is evaluated over: made once per item by `itemView`, shared by every rule. */
export type ItemView = CelMap;

export type Condition = {
  /** Throws Error in words when the condition can't be evaluated on this item, or gives something else than true or false. */
  holds(item: ItemView): boolean;
  /** The fields it reads, or null when it can read any (`item[…]` with a computed name). */
  fields: string[] | null;
  /** What it asks, in plain words ("from ends with @github.com"), where it is simple enough to say. */
  words: string | null;
};

/** Line and column are 1-based; `message` goes on after "Rule 2, column 14: ". */
export type ConditionFault = { line: number; column: number; message: string };

/** Compiles one condition against the dataset's fields, or says everything that is wrong with it. */
export function compileCondition(text: string, fieldNames: readonly string[]): Condition | { faults: ConditionFault[] } {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(text);
  } catch (error) {
    return { faults: [parseFault(text, error)] };
  }
  const positions: Record<string, number | undefined> = parsed.sourceInfo?.positions ?? {};
  const checker: Checker = {
    fieldNames,
    fault: (node, message, shift = 0) => ({ ...placeOf(text, (positions[String(node.id)] ?? 0) + shift), message }),
    probe: itemView({}, fieldNames),
    fields: new Set(),
    dynamic: false,
    faults: [],
  };
  beginMaking();
  try {
    checkNode(checker, parsed.expr, []);
    if (checker.faults.length > 0) return { faults: checker.faults };
    const evaluate = plan(environment, parsed.expr);
    const result = evaluate({ item: checker.probe });
    if (!isCelError(result) && typeof result !== 'boolean') {
      return {
        faults: [
          {
            line: 1,
            column: 1,
            message: `this gives ${typeWords(typeof result)}; a condition is true or false, as in item.subject == "x".`,
          },
        ],
      };
    }
    return {
      holds: (item) => {
        beginMaking();
        const result = evaluate({ item });
        if (typeof result === 'boolean') return result;
        throw new Error(isCelError(result) ? result.message : `it gives ${typeWords(typeof result)} instead of true or false`);
      },
      fields: checker.dynamic ? null : [...checker.fields],
      words: inWords(parsed.expr),
    };
  } catch (error) {
    if (error instanceof RangeError) return { faults: [{ line: 1, column: 1, message: 'this is nested too deeply.' }] };
    throw error;
  }
}

/** An item as conditions see it: exactly the named fields, a missing one as ''. */
export function itemView(fields: Readonly<Record<string, string>>, names: readonly string[]): ItemView {
  const view = new Map<string, string>();
  for (const name of names) view.set(name, Object.hasOwn(fields, name) ? (fields[name] ?? '') : '');
  return celMap(view);
}

const PATTERNS_MAX = 1_000;
const patterns = new Map<string, RE2JS>();

/** RE2 compiles slower than it searches, and a rule's pattern is the same for every item. `test` runs re2js's automaton, 30 times as fast as its `find`. */
function pattern(source: string): RE2JS {
  let compiled = patterns.get(source);
  if (compiled === undefined) {
    compiled = RE2JS.compile(source);
    if (patterns.size >= PATTERNS_MAX) patterns.delete(patterns.keys().next().value ?? '');
    patterns.set(source, compiled);
  }
  return compiled;
}

const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** A loop over words asks for the same text in lower case again and again: the last one is kept. */
let lowered = { text: '', lower: '' };
function lower(text: string): string {
  if (text === lowered.text) givenBefore();
  else lowered = { text, lower: text.toLowerCase() };
  return lowered.lower;
}

const library = celEnv({
  funcs: [
    ...textFunctions,
    celMethod('lower', CelScalar.STRING, [], CelScalar.STRING, function () {
      return lower(String(this));
    }),
    celFunc('number', [CelScalar.STRING], CelScalar.DOUBLE, (text) => (NUMBER.test(text) ? Number(text) : Number.NaN)),
  ],
  re2: {
    compile: (source) => pattern(source),
  },
});

/** The same, where all that any function gives is accounted for: no list of those that give much could be whole. */
const environment: typeof library = Object.create(library, {
  funcs: {
    value: {
      find(name: string) {
        const group = library.funcs.find(name);
        return group && { name, call: (...given: Parameters<typeof group.call>) => account(group.call(...given)) };
      },
    },
  },
});

type Checker = {
  fieldNames: readonly string[];
  fault(node: Expr, message: string, shift?: number): ConditionFault;
  probe: ItemView;
  fields: Set<string>;
  dynamic: boolean;
  faults: ConditionFault[];
};

/** Collects the fields of a node and what is wrong with it, innermost first; true when the node and all below it are sound. */
function checkNode(checker: Checker, node: Expr, variables: readonly string[]): boolean {
  const field = fieldOf(node);
  if (field) return checkField(checker, node, field);
  const { case: kind, value } = node.exprKind;
  if (kind === 'identExpr') return checkName(checker, node, value.name, variables);
  const before = checker.faults.length;
  if (kind === 'comprehensionExpr') {
    if (variables.length > 0)
      checker.faults.push(checker.fault(node, 'a loop inside a loop is refused: it could run for hours on one item.'));
    if (value.iterRange) checkNode(checker, value.iterRange, variables);
    const inner = [...variables, value.iterVar, value.iterVar2, value.accuVar].filter((name) => name !== '');
    for (const part of [value.loopCondition, value.loopStep, value.result]) if (part) checkNode(checker, part, inner);
  } else for (const part of partsOf(node)) checkNode(checker, part, variables);
  if (kind === 'selectExpr' && value.testOnly) rewriteHas(node);
  if (checker.faults.length > before) return false;
  // Inside a loop the variable has no value yet: such nodes are tried with the loop as a whole.
  return variables.length > 0 || tryNode(checker, node);
}

function checkField(checker: Checker, node: Expr, field: { name: string; at: Expr; shift: number }): boolean {
  checker.fields.add(field.name);
  if (node.exprKind.case === 'selectExpr' && node.exprKind.value.testOnly) rewriteHas(node);
  if (checker.fieldNames.includes(field.name)) return true;
  const message = `there is no field “${field.name}”.${nearest(field.name, checker.fieldNames)}`;
  checker.faults.push(checker.fault(field.at, message, field.shift));
  return false;
}

function checkName(checker: Checker, node: Expr, name: string, variables: readonly string[]): boolean {
  if (variables.includes(name)) return true;
  if (name === 'item') {
    checker.dynamic = true;
    return true;
  }
  const hint = checker.fieldNames.includes(name)
    ? ` Did you mean item.${name}?`
    : ' A field is written item.name or item["a name"].';
  checker.faults.push(checker.fault(node, `“${name}” is not known here.${hint}`));
  return false;
}

/**
 * Tries a part by itself on an item of empty fields: every field is text, so most mistakes of type show without any real item,
 * also where the whole would stop before it reached them. What depends on the item's text shows no fault here.
 */
function tryNode(checker: Checker, node: Expr): boolean {
  if (node.exprKind.case === 'constExpr') return true;
  const result = tried(checker, node);
  const message = isCelError(result) ? faultWords(result.message) : neverEqual(checker, node);
  if (message === null) return true;
  const wrong = message.startsWith(BOTH_SIDES)
    ? partsOf(node).find((part) => typeof tried(checker, part) !== 'boolean')
    : undefined;
  checker.faults.push(checker.fault(wrong ? leftmost(wrong) : node, message));
  return false;
}

function tried(checker: Checker, node: Expr) {
  return plan(environment, node)({ item: checker.probe });
}

/** CEL lets text be compared with a number and always answers no, which nobody who writes it means. */
function neverEqual(checker: Checker, node: Expr): string | null {
  if (node.exprKind.case !== 'callExpr' || !/^_[!=]=_$/.test(node.exprKind.value.function)) return null;
  const types = node.exprKind.value.args.map((part) => typeof tried(checker, part));
  const other = types.find((type) => ['bigint', 'number', 'boolean'].includes(type));
  if (!types.includes('string') || other === undefined) return null;
  return `text is never equal to ${typeWords(other)}.${other === 'boolean' ? ' Put it in quotes.' : NUMBER_HINT}`;
}

const NUMBER_HINT = ' Fields are text: write number(item.x) to compare numbers.';
const BOTH_SIDES = 'this needs a condition on both sides';

/** The library's error in the words of somebody at the rules table; null where it depends on the item. */
function faultWords(message: string): string | null {
  const unbound = /^unbound function: (.*)$/.exec(message);
  if (unbound) return `there is no function “${unbound[1]}”.${nearest(unbound[1] ?? '', FUNCTIONS)}`;
  const regexp = /^error parsing regexp: (.*)$/s.exec(message);
  if (regexp) return `this pattern can't be read: ${regexp[1]}.`;
  const overload = /^found no matching overload for '?([^' ]*)'? applied to '\((.*)\)'/.exec(message);
  if (overload) {
    const operator = (overload[1] ?? '').replaceAll('_', '').replace('@', '');
    const types = (overload[2] ?? '').split(', ').map(typeWords);
    const hint = /int|double/.test(overload[2] ?? '') && /string/.test(overload[2] ?? '') ? NUMBER_HINT : '';
    return `“${operator}” does not work on ${types.join(' and ')}.${hint}`;
  }
  const mismatch = /^type mismatch: expected bool, got (.*)$/.exec(message);
  if (mismatch) return `${BOTH_SIDES}, not ${typeWords(mismatch[1] ?? '')}.`;
  if (message.startsWith('type mismatch')) return 'this can’t be looped over: a field is text.';
  if (message.startsWith('field not found')) return 'a field is text and has no parts of its own.';
  return null;
}

const FUNCTIONS = [
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'size',
  'lower',
  'lowerAscii',
  'trim',
  'number',
  'split',
  'replace',
  'indexOf',
];

function typeWords(type: string): string {
  const words: Record<string, string> = {
    string: 'text',
    int: 'a number',
    bigint: 'a number',
    double: 'a number',
    number: 'a number',
    bool: 'a condition',
    boolean: 'a condition',
    list: 'a list',
    map: 'the item',
    object: 'a list',
  };
  return Object.hasOwn(words, type) ? (words[type] ?? type) : type;
}

function parseFault(text: string, error: unknown): ConditionFault {
  if (error instanceof RangeError) return { line: 1, column: 1, message: 'this is nested too deeply.' };
  const fault = findFault(text);
  if (fault) return { ...placeOf(text, fault.offset), message: `${fault.expected}.` };
  const { location, rawMessage } = error as { location?: { start: { line: number; column: number } }; rawMessage?: string };
  if (!location) throw error;
  return {
    line: location.start.line,
    column: location.start.column,
    message: `this can't be read from here on (${rawMessage ?? 'not CEL'}).`,
  };
}
