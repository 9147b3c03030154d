/** The rules classifier: conditions in order, the first that holds gives the category. */

import type { At, Classification, ClassifierItem, ClassifierKind, ClassifierSetting, Examined } from '#lib/classifiers/port.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import type { FieldType } from '#lib/core/values/meaning.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import { type ConditionFault, type Conditions, type ItemView, textConditions, typedConditions, type Unknown } from './cel.ts';
import { type TypedFields, typedFields } from './field-values.ts';
import { fieldsNamedIn, matchedBy, reasonOf } from './matched.ts';
import { type Rule, type RulesPart, rulesInPlan } from './part.ts';
import { textOrderFaults } from './text-order.ts';
import { compileWhere } from './where.ts';

/** How sure a classification as `otherwise` is: nothing spoke for it. */
const OTHERWISE_CONFIDENCE = 0.5;
/** And where a rule could not be asked: the least there is, so that it is the first to be looked at. */
const UNKNOWN_CONFIDENCE = 0;

export const rulesClassifier: ClassifierKind<RulesPart> = {
  ...rulesInPlan,
  editor: 'rules',
  changeable: 'Change the rules…',
  make(part, setting, at) {
    const rules = compileRules(part, setting, at);
    const classify = (item: ClassifierItem): Classification => {
      const view = rules.view(item);
      const unknown: UnknownRule[] = [];
      for (const rule of rules.compiled) {
        const held = asked(rule, item, view, at);
        if (held === true) return taken(rule, item);
        if (held !== false) unknown.push({ part: rule.index, fields: held.fields });
      }
      return untaken(part, item, rules.reasons(unknown));
    };
    const eachOf = async <T>(items: ClassifierItem[], signal: AbortSignal, act: (item: ClassifierItem) => T): Promise<T[]> => {
      const all: T[] = [];
      for (const item of items) {
        signal.throwIfAborted();
        all.push(act(item));
      }
      at(NO_RULE, 0);
      return all;
    };
    return {
      fields: rules.fields,
      parts: part.rules.length,
      classify: (items, signal) => eachOf(items, signal, classify),
      examine: (items, signal) => eachOf(items, signal, (item) => examine(item, part, rules, at)),
    };
  },
  objections({ rules }, fields, { meanings }, at) {
    const problems = rules.flatMap(({ when }, index) => {
      if (when === undefined) return [];
      at(index, 0);
      return textOrderFaults(when, fields, meanings).map((fault) => problemOf(when, index, fault));
    });
    at(NO_RULE, 0);
    return problems;
  },
  matched: matchedBy,
  reads: fieldsNamedIn,
  placeOf: (index, classifier) => ({ path: placeIn(classifier, index), words: `Rule ${index + 1}` }),
  partOf: (classifier, given) => {
    const rules = rulesIn(classifier);
    const could = rules.flatMap((rule, index) => (couldGive(rule, given) ? [index] : []));
    return could.length === 1 ? (could[0] ?? null) : null;
  },
};

/** Whether a rule could have said so. One in CEL without words of its own says its condition in words, which are not made here. */
function couldGive(
  rule: unknown,
  { category, why, confidence }: Pick<Classification, 'category' | 'why' | 'confidence'>,
): boolean {
  if (!isRecord(rule) || rule.category !== category || rule.confidence !== confidence) return false;
  if (rule.why === why) return true;
  if ((rule.why ?? '') !== '' || why === NO_RULE_MATCHED) return false;
  const reason = rule.where === undefined ? null : reasonOf(rule);
  return reason === null || reason === why;
}

function rulesIn(classifier: unknown): unknown[] {
  return isRecord(classifier) && Array.isArray(classifier.rules) ? classifier.rules : [];
}

/** Where a rule says its condition. */
function placeIn(classifier: unknown, index: number): string {
  const rule = rulesIn(classifier)[index];
  return `classifier.rules.${index}.${isRecord(rule) && rule.where !== undefined ? 'where' : 'when'}`;
}

const NO_RULE = -1;
const NO_RULE_MATCHED = 'no rule matched';

type CompiledRule = {
  index: number;
  rule: Rule;
  /** Throws in words when it can't be evaluated. */
  holds(item: ClassifierItem, view: ItemView): boolean | Unknown;
  /** null: it can read any */
  fields: string[] | null;
  /** why it gives its category: the author's words, or the condition in plain words */
  why: string;
};

type CompiledRules = {
  compiled: CompiledRule[];
  /** The fields that the rules read; null when they can read any. */
  fields: string[] | null;
  view(item: ClassifierItem): ItemView;
  /** Why nobody knows where an item belongs; null where everybody does. */
  reasons(unknown: readonly UnknownRule[]): string | null;
};

type UnknownRule = { part: number; fields: string[] };

/** Whether a rule holds for an item. Throws with words naming rule and item when it can't be evaluated. */
function asked(rule: CompiledRule, item: ClassifierItem, view: ItemView, at: At): boolean | Unknown {
  at(rule.index, item.ordinal);
  try {
    return rule.holds(item, view);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const { index } = rule;
    throw new CountersignError('invalid', `Rule ${index + 1} can't be evaluated for item ${item.ordinal}: ${words}.`, {
      problems: [{ path: `classifier.rules.${index}.when`, message: `Item ${item.ordinal}: ${words}.` }],
      facts: { rule: index, ordinal: item.ordinal },
    });
  }
}

function taken({ rule: { category, confidence }, index, why }: CompiledRule, { ordinal }: ClassifierItem): Classification {
  return { ordinal, category, why, confidence, part: index };
}

function untaken({ otherwise }: RulesPart, { ordinal }: ClassifierItem, unknown: string | null): Classification {
  return unknown === null
    ? { ordinal, category: otherwise, why: NO_RULE_MATCHED, confidence: OTHERWISE_CONFIDENCE }
    : { ordinal, category: otherwise, why: unknown, confidence: UNKNOWN_CONFIDENCE };
}

/** Asks every rule. What goes wrong in one that nobody would have asked is as if it did not hold: the batch never comes there. */
function examine(item: ClassifierItem, part: RulesPart, rules: CompiledRules, at: At): Examined {
  const view = rules.view(item);
  const holds: number[] = [];
  const unknown: UnknownRule[] = [];
  let first: CompiledRule | null = null;
  for (const rule of rules.compiled) {
    const held = first === null ? asked(rule, item, view, at) : askedBehind(rule, item, view, at);
    if (held === true) {
      holds.push(rule.index);
      first ??= rule;
    } else if (held !== false) unknown.push({ part: rule.index, fields: held.fields });
  }
  return { classification: first ? taken(first, item) : untaken(part, item, rules.reasons(unknown)), holds, unknown };
}

function askedBehind(rule: CompiledRule, item: ClassifierItem, view: ItemView, at: At): boolean | Unknown {
  try {
    return asked(rule, item, view, at);
  } catch {
    return false;
  }
}

/** Compiles the rules of a plan. Throws `invalid` with every fault of every rule, at `classifier.rules.N.when` or in its `where`. */
function compileRules(classifier: RulesPart, setting: ClassifierSetting, at: At): CompiledRules {
  const { fieldNames } = setting;
  const typed = typedFieldsOf(setting);
  const conditions = typed ? typedConditions(typed) : textConditions(fieldNames);
  const compiled: CompiledRule[] = [];
  const problems: Problem[] = [];
  classifier.rules.forEach((rule, index) => {
    at(index, 0);
    const one = rule.where === undefined ? ofWhen(rule, index, conditions) : ofWhere(rule, index, typed);
    if ('problems' in one) problems.push(...one.problems);
    else compiled.push(one);
  });
  at(NO_RULE, 0);
  if (problems.length > 0)
    throw new CountersignError('invalid', problems[0]?.message ?? 'The rules can’t be read.', { problems });

  const all = compiled.some(({ fields }) => fields === null);
  const read = all ? [...fieldNames] : [...new Set(compiled.flatMap(({ fields }) => fields ?? []))];
  return {
    compiled,
    fields: all ? null : read,
    view: ({ fields }) => conditions.view(fields, read),
    reasons: (unknown) => (typed ? unknownWords(unknown, typed) : null),
  };
}

/** Throws `invalid` where nobody knows the time zone: an older or a later version may have known it. */
function typedFieldsOf({ fieldNames, meanings, timeZone }: ClassifierSetting): TypedFields | null {
  if (meanings === null) return null;
  try {
    return typedFields(fieldNames, meanings, timeZone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `“${timeZone}” is not a time zone that is known here.`;
    throw new CountersignError('invalid', message, { problems: [{ path: 'timeZone', message }] });
  }
}

function ofWhen(rule: Rule, index: number, conditions: Conditions): CompiledRule | { problems: Problem[] } {
  const when = rule.when ?? '';
  const condition = conditions.compile(when);
  if ('faults' in condition) return { problems: condition.faults.map((fault) => problemOf(when, index, fault)) };
  const why = rule.why || condition.words || `rule ${index + 1}`;
  return { index, rule, why, fields: condition.fields, holds: (_, view) => condition.holds(view) };
}

function ofWhere(rule: Rule, index: number, typed: TypedFields | null): CompiledRule | { problems: Problem[] } {
  const path = `classifier.rules.${index}.where`;
  if (typed === null || rule.where === undefined)
    return { problems: [{ path, message: `Rule ${index + 1}: “where” needs a plan of version 2.` }] };
  const compiled = compileWhere(rule.where, typed);
  if ('faults' in compiled)
    return {
      problems: compiled.faults.map((fault) => ({
        path: `${path}.${fault.path}`,
        message: `Rule ${index + 1}: ${fault.message}`,
      })),
    };
  const why = rule.why || compiled.words || `rule ${index + 1}`;
  const holds = ({ fields }: ClassifierItem): boolean | Unknown => {
    const held = compiled.holds(fields);
    return held === null ? { fields: compiled.unknownFields(fields) } : held;
  };
  return { index, rule, why, fields: compiled.fields, holds };
}

const LACKS: Readonly<Record<FieldType, string>> = {
  text: 'is missing',
  identifier: 'is missing',
  number: 'has no number',
  date: 'has no date',
  yes_no: 'says neither yes nor no',
};

/** "rule 2 can't tell: “Amount” has no number", of the first; null where there is none. */
function unknownWords(unknown: readonly UnknownRule[], { byName }: TypedFields): string | null {
  const [first] = unknown;
  if (!first) return null;
  const lacks = first.fields.map((name) => `“${name}” ${LACKS[byName.get(name)?.meaning.type ?? 'text']}`);
  const others = unknown.length - 1;
  const more = others === 0 ? '' : `, nor can ${others} other ${others === 1 ? 'rule' : 'rules'}`;
  return `rule ${first.part + 1} can't tell: ${lacks.join(' and ')}${more}`;
}

function problemOf(when: string, index: number, { line, column, message }: ConditionFault): Problem {
  const where = when.includes('\n') ? `line ${line}, column ${column}` : `column ${column}`;
  return { path: `classifier.rules.${index}.when`, message: `Rule ${index + 1}, ${where}: ${message}`, line, column };
}
