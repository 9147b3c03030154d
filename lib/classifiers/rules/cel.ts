/**
 * Conditions in CEL (cel.dev) over one item. `item` is a map from field name to text: `item.subject`, `item["Ticket Subject"]`. In a plan of version 2 a
 * field has the type of its meaning instead, and `raw` is the map of texts (cel-typed.ts).
 * Beyond the language and its strings extension there are `text.lower()`, which knows every alphabet, and `number(text)`, which is
 * NaN where the text is no number, so that comparing it is false instead of an error. A pattern of `matches` is RE2: linear in
 * its input, whoever wrote it. `has(item.x)` means "is not empty".
 */
import {
  type CelEnv,
  type CelFunc,
  type CelMap,
  type CelResult,
  CelScalar,
  celEnv,
  celFunc,
  celMap,
  celMethod,
  celType,
  isCelError,
  parse,
  plan,
} from '@bufbuild/cel';
import { nearest } from '#lib/core/values/nearest.ts';
import {
  type Expr,
  fieldOf,
  ITEM,
  leftmost,
  partsOf,
  type Root,
  rewriteHas,
  rewriteTypedHas,
  rootOf,
  TYPED_ROOTS,
} from './cel-ast.ts';
import { findFault, placeOf } from './cel-fault.ts';
import { account, beginMaking, givenBefore, textFunctions } from './cel-texts.ts';
import { NOT_A_DAY, timestampOf, typedFunctions, typedProbe, typedViews, unknownIn } from './cel-typed.ts';
import { inWords } from './cel-words.ts';
import { type TypedFields, textIn } from './field-values.ts';
import { pattern, patternFault } from './pattern.ts';

/** What a condition is evaluated over: made once per item, shared by every rule. */
export type ItemView = { item: CelMap; raw?: CelMap };

/** Neither true nor false: the values of these fields can't be read, or are missing. */
export type Unknown = { fields: string[] };

/** The fields of a dataset as conditions see them: texts, or in a plan of version 2 what they mean. */
export type Conditions = {
  compile(text: string): Condition | { faults: ConditionFault[] };
  /** @param names the fields that conditions read: no other is in the view of texts */
  view(fields: Readonly<Record<string, string>>, names: readonly string[]): ItemView;
};

/** @internal for its tests */
export type Condition = {
  /** Throws Error in words when the condition can't be evaluated on this item, or gives something else than true or false. */
  holds(item: ItemView): boolean | Unknown;
  /** The fields it reads, or null when it can read any (`item[…]` with a computed name). */
  fields: string[] | null;
  /** What it asks, in plain words ("from ends with @github.com"), where it is simple enough to say. */
  words: string | null;
};

/** Line and column are 1-based; `message` goes on after "Rule 2, column 14: ". */
export type ConditionFault = { line: number; column: number; message: string };

/** Conditions over fields that are text. */
export function textConditions(fieldNames: readonly string[]): Conditions {
  return { compile: (text) => compileCondition(text, fieldNames), view: itemView };
}

/** Conditions over fields that have the type of their meaning. */
export function typedConditions(fields: TypedFields): Conditions {
  const env = typedEnvironment(fields.timeZone);
  const view = typedViews(fields, env);
  const typed: Typed = { env, fields, probe: typedProbe(fields, env) };
  return { compile: (text) => compileCondition(text, fields.names, typed), view };
}

type Typed = { env: CelEnv; fields: TypedFields; probe: ItemView };

/** Compiles one condition against the dataset's fields, or says everything that is wrong with it. @internal for its tests */
export function compileCondition(
  text: string,
  fieldNames: readonly string[],
  typed: Typed | null = null,
): Condition | { faults: ConditionFault[] } {
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
    typed: typed !== null,
    roots: typed ? TYPED_ROOTS : ITEM,
    env: typed?.env ?? environment,
    probe: typed?.probe ?? itemView({}, fieldNames),
    fields: new Set(),
    dynamic: false,
    faults: [],
  };
  beginMaking();
  try {
    checkNode(checker, parsed.expr, []);
    if (checker.faults.length > 0) return { faults: checker.faults };
    const evaluate = plan(checker.env, parsed.expr);
    const result = evaluate(checker.probe);
    if (!isCelError(result) && typeof result !== 'boolean') {
      return {
        faults: [
          {
            line: 1,
            column: 1,
            message: `this gives ${typeWords(typeNamed(result))}; a condition is true or false, as in item.subject == "x".`,
          },
        ],
      };
    }
    return {
      holds: (item) => {
        beginMaking();
        const result = evaluate(item);
        if (typeof result === 'boolean') return result;
        const unknown = isCelError(result) ? unknownIn(result) : null;
        if (unknown !== null) return { fields: unknown };
        throw new Error(
          isCelError(result) ? result.message : `it gives ${typeWords(typeNamed(result))} instead of true or false`,
        );
      },
      fields: checker.dynamic ? null : [...checker.fields],
      words: inWords(parsed.expr),
    };
  } catch (error) {
    if (error instanceof RangeError) return { faults: [{ line: 1, column: 1, message: 'this is nested too deeply.' }] };
    throw error;
  }
}

/** An item as conditions see it: exactly the named fields, a missing one as ''. @internal for its tests */
export function itemView(fields: Readonly<Record<string, string>>, names: readonly string[]): ItemView {
  const view = new Map<string, string>();
  for (const name of names) view.set(name, textIn(fields, name));
  return { item: celMap(view) };
}

const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** A loop over words asks for the same text in lower case again and again: the last one is kept. */
let lowered = { text: '', lower: '' };
function lower(text: string): string {
  if (text === lowered.text) givenBefore();
  else lowered = { text, lower: text.toLowerCase() };
  return lowered.lower;
}

const functions: CelFunc[] = [
  ...textFunctions,
  celMethod('lower', CelScalar.STRING, [], CelScalar.STRING, function () {
    return lower(String(this));
  }),
  celFunc('number', [CelScalar.STRING], CelScalar.DOUBLE, (text) => (NUMBER.test(text) ? Number(text) : Number.NaN)),
];

/** With these functions, and all that any function gives accounted for: no list of those that give much could be whole. */
function environmentOf(funcs: CelFunc[]): CelEnv {
  const library = celEnv({ funcs, re2: { compile: (source) => pattern(source) } });
  return Object.create(library, {
    funcs: {
      value: {
        find(name: string) {
          const group = library.funcs.find(name);
          return group && { name, call: (...given: Parameters<typeof group.call>) => account(group.call(...given)) };
        },
      },
    },
  });
}

const environment = environmentOf(functions);

const ZONES_MAX = 20;
const typedEnvironments = new Map<string, CelEnv>();

function typedEnvironment(timeZone: string): CelEnv {
  let made = typedEnvironments.get(timeZone);
  if (made === undefined) {
    made = environmentOf([...functions, ...typedFunctions(timeZone, timestampOf(environment))]);
    if (typedEnvironments.size >= ZONES_MAX) typedEnvironments.delete(typedEnvironments.keys().next().value ?? '');
    typedEnvironments.set(timeZone, made);
  }
  return made;
}

type Checker = {
  fieldNames: readonly string[];
  fault(node: Expr, message: string, shift?: number): ConditionFault;
  typed: boolean;
  roots: readonly Root[];
  env: CelEnv;
  probe: ItemView;
  fields: Set<string>;
  dynamic: boolean;
  faults: ConditionFault[];
};

/** Collects the fields of a node and what is wrong with it, innermost first; true when the node and all below it are sound. */
function checkNode(checker: Checker, node: Expr, variables: readonly string[]): boolean {
  const field = fieldOf(node, checker.roots);
  if (field && !(checker.typed && variables.includes(field.root))) return checkField(checker, node, field);
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
  if (node.exprKind.case === 'selectExpr' && node.exprKind.value.testOnly) (checker.typed ? rewriteTypedHas : rewriteHas)(node);
  if (checker.fieldNames.includes(field.name)) return true;
  const message = `there is no field “${field.name}”.${nearest(field.name, checker.fieldNames)}`;
  checker.faults.push(checker.fault(field.at, message, field.shift));
  return false;
}

function checkName(checker: Checker, node: Expr, name: string, variables: readonly string[]): boolean {
  if (variables.includes(name)) return true;
  if (checker.roots.some((root) => root === name)) {
    checker.dynamic = true;
    return true;
  }
  const hint =
    name === 'raw'
      ? ` raw.x ${IN_VERSION_2}`
      : checker.fieldNames.includes(name)
        ? ` Did you mean item.${name}?`
        : ' A field is written item.name or item["a name"].';
  checker.faults.push(checker.fault(node, `“${name}” is not known here.${hint}`));
  return false;
}

const IN_VERSION_2 = 'needs a plan of version 2. Add "version": 2 to the plan.';

/**
 * Tries a part by itself on an item of empty fields: every field is text (or has a value of its type), so most mistakes of type show without any real item,
 * also where the whole would stop before it reached them. What depends on the item's text shows no fault here.
 */
function tryNode(checker: Checker, node: Expr): boolean {
  if (node.exprKind.case === 'constExpr') return true;
  const result = tried(checker, node);
  const message = isCelError(result) ? faultWords(result.message, checker) : neverEqual(checker, node);
  if (message === null) return true;
  const wrong = message.startsWith(BOTH_SIDES)
    ? partsOf(node).find((part) => typeof tried(checker, part) !== 'boolean')
    : undefined;
  checker.faults.push(checker.fault(wrong ? leftmost(wrong) : node, message));
  return false;
}

function tried(checker: Checker, node: Expr): CelResult {
  return plan(checker.env, node)(checker.probe);
}

/** CEL lets text be compared with a number and always answers no, which nobody who writes it means. */
function neverEqual(checker: Checker, node: Expr): string | null {
  if (checker.typed) return neverEqualTyped(checker, node);
  if (node.exprKind.case !== 'callExpr' || !/^_[!=]=_$/.test(node.exprKind.value.function)) return null;
  const types = node.exprKind.value.args.map((part) => typeof tried(checker, part));
  const other = types.find((type) => ['bigint', 'number', 'boolean'].includes(type));
  if (!types.includes('string') || other === undefined) return null;
  return `text is never equal to ${typeWords(other)}.${other === 'boolean' ? ' Put it in quotes.' : NUMBER_HINT}`;
}

/** The same of values of all types, and of the members of a list. */
function neverEqualTyped(checker: Checker, node: Expr): string | null {
  if (node.exprKind.case !== 'callExpr') return null;
  const { function: name, args } = node.exprKind.value;
  const [left, right] = args;
  if (!left || !right || !/^(?:_[!=]=_|@in)$/.test(name)) return null;
  if (name !== '@in' && args.some((part) => rootOf(part, checker.roots) !== null))
    return 'an item can’t be compared as a whole: compare its fields.';
  const others = name !== '@in' ? [right] : right.exprKind.case === 'listExpr' ? right.exprKind.value.elements : [];
  const type = comparable(tried(checker, left));
  const types = others.map((other) => comparable(tried(checker, other)));
  const [other] = types;
  if (type === null || other === undefined || other === null || types.some((one) => one === null || one === type)) return null;
  return `${typeWords(type)} is never equal to ${typeWords(other)}.${hintFor([type, other])}`;
}

/** One name for all values that can be equal; null where nothing is known. */
function comparable(value: CelResult): string | null {
  if (isCelError(value)) return null;
  const type = typeNamed(value);
  if (['int', 'uint', 'double'].includes(type)) return 'double';
  return ['string', 'bool', TIMESTAMP_NAME].includes(type) ? type : null;
}

const TIMESTAMP_NAME = 'google.protobuf.Timestamp';

/** What to write instead where values of these types stand beside each other. */
function hintFor(types: readonly string[]): string {
  if (!types.includes('string')) return '';
  if (types.includes(TIMESTAMP_NAME)) return ' Write a day as date("2026-10-25").';
  if (types.includes('bool')) return ' Write true or false, without quotes.';
  return types.some((type) => ['int', 'uint', 'double'].includes(type)) ? ' Write a number without quotes.' : '';
}

function typeNamed(value: CelResult): string {
  return isCelError(value) ? 'error' : celType(value).name;
}

const NUMBER_HINT = ' Fields are text: write number(item.x) to compare numbers.';
const BOTH_SIDES = 'this needs a condition on both sides';

/** The library's error in the words of somebody at the rules table; null where it depends on the item. */
function faultWords(message: string, { typed }: Checker): string | null {
  const unbound = /^unbound function: (.*)$/.exec(message)?.[1];
  if (unbound !== undefined) {
    if (!typed && TYPED_FUNCTIONS.includes(unbound)) return `${unbound}(…) ${IN_VERSION_2}`;
    return `there is no function “${unbound}”.${nearest(unbound, typed ? [...FUNCTIONS, ...TYPED_FUNCTIONS] : FUNCTIONS)}`;
  }
  const unreadable = patternFault(message);
  if (unreadable !== null) return unreadable;
  if (message.startsWith(NOT_A_DAY)) return `${message}.`;
  const overload = /^found no matching overload for '?([^' ]*)'? applied to '\((.*)\)'/.exec(message);
  if (overload) {
    const operator = (overload[1] ?? '').replaceAll('_', '').replace('@', '');
    const named = (overload[2] ?? '').split(', ');
    const types = named.map(typeWords);
    if (typed) return `“${operator}” does not work on ${types.join(' and ')}.${hintFor(named)}`;
    const hint = /int|double/.test(overload[2] ?? '') && /string/.test(overload[2] ?? '') ? NUMBER_HINT : '';
    return `“${operator}” does not work on ${types.join(' and ')}.${hint}`;
  }
  const method = typed ? /^found no matching overload for '?([^' ]*)'? applied to '(.+)\.\((.*)\)'/.exec(message) : null;
  if (method) {
    const [, name = '', target = ''] = method;
    const hint = target === 'string' ? '' : ' The text of a field is raw.x.';
    return `“${name}” does not work on ${typeWords(target)}${target === 'string' ? ' with these values' : ''}.${hint}`;
  }
  const mismatch = /^type mismatch: expected bool, got (.*)$/.exec(message);
  if (mismatch) return `${BOTH_SIDES}, not ${typeWords(mismatch[1] ?? '')}.`;
  if (message.startsWith('type mismatch')) return `this can’t be looped over: a field is ${typed ? 'one value' : 'text'}.`;
  if (message.startsWith('field not found')) return `a field is ${typed ? 'one value' : 'text'} and has no parts of its own.`;
  return null;
}

const TYPED_FUNCTIONS = ['date', 'older_than', 'within_last'];

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
    [TIMESTAMP_NAME]: 'a date',
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
