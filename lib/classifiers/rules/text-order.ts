/**
 * Finds where a condition compares text with <, <=, > or >= although dates or numbers are meant: "9" is more than "1000", and "01/09/2026" is less
 * than "2026-08-01". Every part of a condition is followed to the fields and constants that its value can be made of, through calls, loops and
 * choices. Only dates that are all written in one form of ISO 8601 are in the order of their text.
 */
import { parse } from '@bufbuild/cel';
import type { ClassifierField } from '#lib/classifiers/port.ts';
import { isoForm, readDate } from '#lib/core/values/dates.ts';
import { type FieldMeanings, type FieldType, meaningIn } from '#lib/core/values/meaning.ts';
import type { ConditionFault } from './cel.ts';
import { type Expr, fieldOf, ITEM, partsOf, type Root, rootOf, TYPED_ROOTS } from './cel-ast.ts';
import { placeOf } from './cel-fault.ts';

/**
 * Every comparison of a condition that does not compare what its fields hold. None where it can't be read at all: compiling it says so.
 * @param meanings of a plan of version 2, where only what means text is text, and `raw` is; null where every field is
 */
export function textOrderFaults(
  text: string,
  fields: readonly ClassifierField[],
  meanings: FieldMeanings | null = null,
): ConditionFault[] {
  const parsed = parsedOrNull(text);
  if (parsed === null) return [];
  const positions: Record<string, number | undefined> = parsed.sourceInfo?.positions ?? {};
  const faults: ConditionFault[] = [];
  const walk: Walk = {
    ...(meanings === null
      ? { roots: ITEM, typed: new Set<string>(), fields: new Map(fields.map((field) => [`item.${field.name}`, field])) }
      : byMeaning(fields, meanings)),
    object: (node, message) => faults.push({ ...placeOf(text, positions[String(node.id)] ?? 0), message }),
  };
  try {
    follow(walk, parsed.expr, new Map());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ line: 1, column: 1, message: 'this is nested too deeply.' }];
  }
  return faults;
}

function parsedOrNull(text: string): ReturnType<typeof parse> | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

/** `own`, in a plan of version 2: it means text, or it has a type and this is its text. */
type WalkedField = ClassifierField & { own?: 'text' | 'typed' };

type Walk = {
  roots: readonly Root[];
  /** by root and name: "item.amount" */
  fields: ReadonlyMap<string, WalkedField>;
  /** those whose values are no text */
  typed: ReadonlySet<string>;
  object(node: Expr, message: string): void;
};

/** As what their values mean, and as the texts that they are. */
function byMeaning(fields: readonly ClassifierField[], meanings: FieldMeanings): Pick<Walk, 'roots' | 'fields' | 'typed'> {
  const typeOf = ({ name }: ClassifierField): FieldType => meaningIn(meanings, name).type;
  const isText = (field: ClassifierField) => ['text', 'identifier'].includes(typeOf(field));
  const asText = (field: ClassifierField): WalkedField => {
    const type = typeOf(field);
    return type === 'number' || type === 'date' ? { ...field, type, own: 'typed' } : { ...field, type: 'text', own: 'text' };
  };
  return {
    roots: TYPED_ROOTS,
    fields: new Map(fields.flatMap((field) => TYPED_ROOTS.map((root) => [`${root}.${field.name}`, asText(field)] as const))),
    typed: new Set(fields.filter((field) => !isText(field)).map(({ name }) => `item.${name}`)),
  };
}

/** What the value of a part, or the members of a list, can be made of. */
type Value = {
  /** it can be text (or bytes) */
  text: boolean;
  fields: ReadonlySet<string>;
  constants: readonly string[];
  /** it is one of these fields or constants as they are */
  plain: boolean;
};
type Variables = ReadonlyMap<string, Value>;

const NOTHING: Value = { text: false, fields: new Set(), constants: [], plain: true };
const SOME_TEXT: Value = { ...NOTHING, text: true, plain: false };

function anyOf(values: readonly Value[]): Value {
  return {
    text: values.some(({ text }) => text),
    fields: new Set(values.flatMap(({ fields }) => [...fields])),
    constants: values.flatMap(({ constants }) => constants),
    plain: values.every(({ plain }) => plain),
  };
}

const ORDERS = new Set(['_<_', '_<=_', '_>_', '_>=_']);
/** What these give says nothing of the order of the text that they look at. */
const TESTS = new Set(
  '!_ _&&_ _||_ _==_ _!=_ @in @not_strictly_false contains startsWith endsWith matches size indexOf lastIndexOf bool type'.split(
    ' ',
  ),
);
/** What these give is compared as the number or the time that it is, until `string` makes text of it again. */
const TYPED = new Set('int uint double number timestamp duration -_ _-_ _*_ _/_ _%_'.split(' '));
const TIME_PART = /^get[A-Z]/;
const TEXTS = new Set(['string', 'bytes']);
const UNCHANGED = new Set(['dyn', 'string', 'trim']);

/** Follows a part, and objects to each comparison in it. A function that is not known is taken to give the text that it was given. */
function follow(walk: Walk, node: Expr, variables: Variables): Value {
  // A loop may name its variable item.
  const field = fieldOf(
    node,
    walk.roots.filter((root) => !variables.has(root)),
  );
  const { case: kind, value } = node.exprKind;
  if (kind === 'selectExpr' && value.testOnly) return NOTHING;
  if (field) return someOf(walk, [`${field.root}.${field.name}`]);
  if (kind === 'constExpr') {
    const { case: type, value: constant } = value.constantKind;
    if (type === 'stringValue') return { ...NOTHING, text: true, constants: [constant] };
    return type === 'bytesValue' ? SOME_TEXT : NOTHING;
  }
  if (kind === 'identExpr') {
    const variable = variables.get(value.name);
    if (variable) return variable;
    const root = rootOf(node, walk.roots);
    return root === null ? NOTHING : { ...someOf(walk, allOf(walk, root)), plain: false };
  }
  if (kind === 'comprehensionExpr') return followLoop(walk, node, variables);
  const parts = partsOf(node).map((part) => follow(walk, part, variables));
  return kind === 'callExpr' ? followCall(walk, node, parts, variables) : anyOf(parts);
}

function followCall(walk: Walk, node: Expr, parts: Value[], variables: Variables): Value {
  if (node.exprKind.case !== 'callExpr') return NOTHING;
  const { function: name, args } = node.exprKind.value;
  const [first = NOTHING, second = NOTHING] = parts;
  if (ORDERS.has(name)) {
    const message = first.text && second.text ? objection(walk, name, first, second) : null;
    if (message !== null) walk.object(node, message);
    return NOTHING;
  }
  if (TESTS.has(name)) return NOTHING;
  if (name === '_?_:_') return anyOf(parts.slice(1));
  if (name === '_[_]') {
    const root = rootIn(walk, args[0], variables);
    return root === null ? first : someOf(walk, namedBy(walk, root, second));
  }
  const made = anyOf(parts);
  if (TYPED.has(name) || TIME_PART.test(name)) return { ...made, text: false, constants: [], plain: false };
  return { ...made, text: made.text || TEXTS.has(name), plain: made.plain && UNCHANGED.has(name) };
}

function rootIn(walk: Walk, node: Expr | undefined, variables: Variables): Root | null {
  const root = rootOf(node, walk.roots);
  return root !== null && variables.has(root) ? null : root;
}

/** The value of one of these fields, as far as it is text. */
function someOf({ typed }: Walk, fields: readonly string[]): Value {
  const texts = fields.filter((name) => !typed.has(name));
  return texts.length === 0 ? NOTHING : { ...NOTHING, text: true, fields: new Set(texts) };
}

function allOf({ fields }: Walk, root: Root): string[] {
  return [...fields.keys()].filter((name) => name.startsWith(`${root}.`));
}

/** The fields that `item[…]` can be, when its name is computed. */
function namedBy(walk: Walk, root: Root, name: Value): string[] {
  const known = name.plain && name.fields.size === 0 && name.constants.length > 0;
  return known ? name.constants.map((constant) => `${root}.${constant}`) : allOf(walk, root);
}

function followLoop(walk: Walk, node: Expr, variables: Variables): Value {
  if (node.exprKind.case !== 'comprehensionExpr') return NOTHING;
  const { iterVar, iterVar2, iterRange, accuVar, accuInit, loopCondition, loopStep, result } = node.exprKind.value;
  const part = (one: Expr | undefined, known: Variables) => (one ? follow(walk, one, known) : NOTHING);
  const range = part(iterRange, variables);
  const start = part(accuInit, variables);
  const inner = new Map(variables);
  // Over the item a loop takes the names of its fields.
  inner.set(iterVar, rootIn(walk, iterRange, variables) === null ? range : SOME_TEXT);
  if (iterVar2 !== '') inner.set(iterVar2, range);
  inner.set(accuVar, start);
  part(loopCondition, inner);
  const gathered = anyOf([start, part(loopStep, inner)]);
  return part(result, inner.set(accuVar, gathered));
}

/** Why two texts must not be compared so; null where they may: nothing says dates or numbers, or the order of the texts is that of the dates. */
function objection(walk: Walk, order: string, left: Value, right: Value): string | null {
  const both = anyOf([left, right]);
  const fields = [...both.fields].flatMap((name) => walk.fields.get(name) ?? []).filter(({ type }) => type !== 'empty');
  const unsorted = fields.find(({ type, iso }) => type === 'number' || (type === 'date' && iso === undefined));
  if (unsorted) return unsorted.type === 'number' ? notNumbers(unsorted) : notDates(unsorted);
  const text = fields.find(({ type }) => type !== 'date');
  const meant = both.constants.map(meaning).find((one) => one !== null);
  const dates = fields.filter(({ type }) => type === 'date');
  const [date] = dates;
  if (text && (meant || date)) return meant === 'number' && !date ? notNumbers(text) : notDates(text);
  return date ? misfit(date, dates, order, left, right) : null;
}

const NUMBER = /^[+-]?(?:0|[1-9][\d,]*)?(?:[.,]\d+)?%?$/;

/** What a constant is, to whoever wrote it. A number with a leading zero is a code. */
function meaning(constant: string): 'number' | 'date' | null {
  if (/\d/.test(constant) && NUMBER.test(constant)) return 'number';
  return /^\d+$/.test(constant) || readDate(constant) === null ? null : 'date';
}

/** What keeps the order of the texts from being that of the dates although all fields are of ISO 8601; null where nothing does. */
function misfit(
  date: ClassifierField,
  dates: readonly ClassifierField[],
  order: string,
  left: Value,
  right: Value,
): string | null {
  const form = date.iso ?? '';
  const other = dates.find(({ iso }) => iso !== form);
  if (other) return `${NOT_DATES}“${date.name}” and “${other.name}” are written differently, as ${form} and ${other.iso}.`;
  if (!left.plain || !right.plain)
    return `${NOT_DATES}the text of “${date.name}” is in the order of time only as it is (${form}), compared with constants or fields that are written so.`;
  const beginsRight = order === '_<_' || order === '_>=_';
  return misfitOf(date.name, form, left.constants, !beginsRight) ?? misfitOf(date.name, form, right.constants, beginsRight);
}

/**
 * A constant is written as the field is, or is the beginning of it ("2026-08" for 2026-08-01): that comes before all that begins with it, and so does
 * the moment it names.
 * @param begins whether the comparison is between what comes before the constant and the rest
 */
function misfitOf(name: string, form: string, constants: readonly string[], begins: boolean): string | null {
  for (const constant of constants) {
    const own = isoForm(constant);
    if (own !== null && own === form) continue;
    if (own === null || !form.startsWith(own))
      return `${NOT_DATES}the values of “${name}” are written as ${form}, and “${constant}” is not such a date. Write it so.`;
    if (!begins)
      return `${NOT_DATES}“${constant}” is shorter than the values of “${name}”, so each value that begins with it counts as later. Write it in full, as ${form}.`;
  }
  return null;
}

const NOT_DATES = 'this compares text, not dates: ';
const NOT_NUMBERS = 'this compares text, not numbers: as text, “9” is more than “1000”. ';
const ASK_TEXT = 'Compare their text instead, with “starts with”, “contains” or “matches (regex)”.';

function notDates(field: WalkedField): string {
  const { name, type, odd, own } = field;
  if (own === 'typed')
    return `${NOT_DATES}${access('item', name)} is a date. Compare that, as in ${access('item', name)} < date("2026-10-25").`;
  if (own === 'text')
    return `${NOT_DATES}“${name}” is read as text. If its values are dates, say so where it is shown how the file was read.`;
  if (type === 'date' && odd === undefined)
    return `${NOT_DATES}the form of the values of “${name}”${example(field)} is not known, because the file arrived before Countersign checked it. Upload the file again. ${ASK_TEXT}`;
  return `${NOT_DATES}the values of “${name}”${example(field)} are not all written in one form of ISO 8601 (such as 2026-08-01), so the order of their text is not the order of time. ${ASK_TEXT}`;
}

function access(root: Root, name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `${root}.${name}` : `${root}[${JSON.stringify(name)}]`;
}

function notNumbers(field: WalkedField): string {
  const item = access('item', field.name);
  if (field.own === 'typed') return `${NOT_NUMBERS}${item} is a number. Compare that, as in ${item} < 1000.`;
  if (field.own === 'text')
    return `${NOT_NUMBERS}“${field.name}” is read as text. If its values are numbers, say so where it is shown how the file was read.`;
  return `this compares text, not numbers: as text, “9” is more than “1000”. The values of “${field.name}”${example(field)} need number(${item}). Write the rule as CEL and compare that with a number. It reads 1234.5, not 1,234.5 or 45%.`;
}

function example({ odd, top }: ClassifierField): string {
  const value = odd ?? top?.[0]?.value;
  return value === undefined ? '' : `, such as “${value}”,`;
}
