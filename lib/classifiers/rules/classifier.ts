/** The rules classifier: conditions in order, the first that holds gives the category. */

import type { At, Classification, ClassifierItem, ClassifierKind } from '#lib/classifiers/port.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { type Condition, type ConditionFault, compileCondition, itemView } from './cel.ts';
import { type RulesPart, rulesInPlan } from './part.ts';
import { textOrderFaults } from './text-order.ts';

type CompiledRules = {
  /** The index of the first rule that holds for the item, or -1. Throws with words naming rule and item when a rule can't be evaluated. */
  firstMatch(item: ClassifierItem): number;
  /** The fields that the rules read; null when they can read any. */
  fields: string[] | null;
  /** Why each rule gives its category: the author's words, or the condition in plain words. */
  why: string[];
};

/** How sure a classification as `otherwise` is: nothing spoke for it. */
const OTHERWISE_CONFIDENCE = 0.5;

export const rulesClassifier: ClassifierKind<RulesPart> = {
  ...rulesInPlan,
  editor: 'rules',
  make(part, fieldNames, at) {
    const { rules, otherwise } = part;
    const compiled = compileRules(part, fieldNames, at);
    return {
      fields: compiled.fields,
      parts: rules.length,
      async classify(items, signal) {
        const classifications: Classification[] = [];
        for (const item of items) {
          signal.throwIfAborted();
          const index = compiled.firstMatch(item);
          const rule = rules[index];
          classifications.push(
            rule
              ? {
                  ordinal: item.ordinal,
                  category: rule.category,
                  why: compiled.why[index] ?? '',
                  confidence: rule.confidence,
                  part: index,
                }
              : { ordinal: item.ordinal, category: otherwise, why: 'no rule matched', confidence: OTHERWISE_CONFIDENCE },
          );
        }
        at(NO_RULE, 0);
        return classifications;
      },
    };
  },
  objections({ rules }, fields, at) {
    const problems = rules.flatMap(({ when }, index) => {
      at(index, 0);
      return textOrderFaults(when, fields).map((fault) => problemOf(when, index, fault));
    });
    at(NO_RULE, 0);
    return problems;
  },
  placeOf: (index) => ({ path: `classifier.rules.${index}.when`, words: `Rule ${index + 1}` }),
};

const NO_RULE = -1;

/** Compiles the rules of a plan. Throws `invalid` with every fault of every rule, at `classifier.rules.N.when`. */
function compileRules(classifier: RulesPart, fieldNames: readonly string[], at: At): CompiledRules {
  const conditions: Condition[] = [];
  const problems: Problem[] = [];
  classifier.rules.forEach((rule, index) => {
    at(index, 0);
    const compiled = compileCondition(rule.when, fieldNames);
    if (!('faults' in compiled)) {
      conditions.push(compiled);
      return;
    }
    problems.push(...compiled.faults.map((fault) => problemOf(rule.when, index, fault)));
  });
  at(NO_RULE, 0);
  if (problems.length > 0)
    throw new CountersignError('invalid', problems[0]?.message ?? 'The rules can’t be read.', { problems });

  const all = conditions.some(({ fields }) => fields === null);
  const read = all ? [...fieldNames] : [...new Set(conditions.flatMap(({ fields }) => fields ?? []))];
  return {
    firstMatch({ ordinal, fields }) {
      const view = itemView(fields, read);
      for (let index = 0; index < conditions.length; index++) {
        at(index, ordinal);
        try {
          if (conditions[index]?.holds(view)) return index;
        } catch (error) {
          const words = error instanceof Error ? error.message : String(error);
          throw new CountersignError('invalid', `Rule ${index + 1} can't be evaluated for item ${ordinal}: ${words}.`, {
            problems: [{ path: `classifier.rules.${index}.when`, message: `Item ${ordinal}: ${words}.` }],
            facts: { rule: index, ordinal },
          });
        }
      }
      return -1;
    },
    fields: all ? null : read,
    why: classifier.rules.map((rule, index) => rule.why || conditions[index]?.words || `rule ${index + 1}`),
  };
}

function problemOf(when: string, index: number, { line, column, message }: ConditionFault): Problem {
  const where = when.includes('\n') ? `line ${line}, column ${column}` : `column ${column}`;
  return { path: `classifier.rules.${index}.when`, message: `Rule ${index + 1}, ${where}: ${message}`, line, column };
}
