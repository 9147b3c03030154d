'use client';

import type { ComponentType } from 'react';
import { z } from 'zod';
import { agentInPlan } from '#lib/classifiers/agent/part.ts';
import { type ExamplesPart, examplesInPlan, renameTaught } from '#lib/classifiers/examples/part.ts';
import { manualInPlan } from '#lib/classifiers/manual/part.ts';
import { type ModelPart, modelInPlan } from '#lib/classifiers/model/part.ts';
import { allInto, type RulesPart, renameCategory, rulesInPlan } from '#lib/classifiers/rules/part.ts';
import { MODEL_ITEMS_DEFAULT, MODEL_SPEND_BEGINS } from '#lib/core/limits.ts';
import { type ClassifierInPlan, type ClassifierPart, type Plan, type PlanSchema, planSchemaOf } from '#lib/core/plans/plan.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';

import { toFillIn } from './condition.ts';
import { ExamplesEditor } from './examples-editor.tsx';
import { ModelEditor } from './model-editor.tsx';
import { AgentEditor, ManualEditor } from './otherwise-editor.tsx';
import type { FieldProfile, PlanPreview, PlanProblem } from './plan-preview.ts';
import { RulesEditor } from './rules-editor.tsx';

export type EditorProps<Part> = {
  part: Part;
  /** all of it: whose days are meant, whether fields have types, and what should happen */
  plan: Plan;
  /** those that the person's plans may name */
  connections: PlanForms['connections'];
  /** makes the plan one whose fields have types; null: the batch runs, its version stays, and nothing is counted */
  onTyped: (() => void) | null;
  dataset: { id: string };
  /** the names of the plan's categories */
  categories: string[];
  fields: FieldProfile[];
  preview: PlanPreview | null;
  problems: PlanProblem[];
  onChange: (part: Part) => void;
  /** changes what of the plan stands beside the part */
  onPlan: (plan: Plan) => void;
};

/** A form of its own for what a plan says of one kind of classifier. */
type ClassifierEditor<Part extends ClassifierPart = ClassifierPart> = {
  inPlan: ClassifierInPlan<Part>;
  /** who classifies, for a choice among them */
  title: string;
  /** what its start does with these rows ("12 rows") */
  starts(rows: string): string;
  /** its part of a plan that goes over to it; `otherwise` is the category of what it can't tell */
  begin(otherwise: string): Part;
  Editor: ComponentType<EditorProps<Part>>;
  rename(part: Part, from: string, to: string): Part;
  /** whether something is not filled in yet: then there is nothing to count */
  unfinished(part: Part): boolean;
  /** what the place at a path inside the part is called beside its field; null for one without a field */
  placeWords(path: string[]): string | null;
};

const rules: ClassifierEditor<RulesPart> = {
  inPlan: rulesInPlan,
  title: 'Rules',
  starts: (rows) => `classifies ${rows}`,
  begin: allInto,
  Editor: RulesEditor,
  rename: renameCategory,
  unfinished: (part) => part.rules.some(({ when, where }) => when === '' || (where !== undefined && toFillIn(where).length > 0)),
  placeWords: ([part, index]) =>
    part === 'otherwise' ? 'Everything else' : part === 'rules' && index !== undefined ? `Rule ${Number(index) + 1}` : null,
};

/** Of a kind that has nothing but the category of what it can't tell. */
function restOnly<Part extends { kind: string; otherwise: string }>(
  inPlan: ClassifierInPlan<Part>,
  { kind, rest, ...words }: Pick<ClassifierEditor<Part>, 'title' | 'starts'> & { kind: Part['kind']; rest: string },
  Editor: ClassifierEditor<Part>['Editor'],
): ClassifierEditor<Part> {
  return {
    ...{ inPlan, Editor, ...words },
    begin: (otherwise) => ({ kind, otherwise }) as Part,
    rename: (part, from, to) => ({ ...part, otherwise: part.otherwise === from ? to : part.otherwise }),
    unfinished: () => false,
    placeWords: ([part]) => (part === 'otherwise' ? rest : null),
  };
}

const agent = restOnly(
  agentInPlan,
  { kind: 'agent', title: 'Agents', rest: 'What no agent can tell', starts: (rows) => `lets agents classify ${rows}` },
  AgentEditor,
);
const manual = restOnly(
  manualInPlan,
  { kind: 'manual', title: 'People', rest: 'What nobody has filed', starts: (rows) => `lets people file ${rows}` },
  ManualEditor,
);

const examples: ClassifierEditor<ExamplesPart> = {
  inPlan: examplesInPlan,
  title: 'Examples',
  starts: (rows) => `classifies ${rows}`,
  begin: (otherwise) => ({ kind: 'examples', taught: [], otherwise, sure: 0.6 }),
  Editor: ExamplesEditor,
  rename: renameTaught,
  unfinished: () => false,
  placeWords: ([part]) => (part === 'otherwise' ? 'What it is not sure of' : part === 'taught' ? 'What was taught' : null),
};

const model: ClassifierEditor<ModelPart> = {
  inPlan: modelInPlan,
  title: 'A model',
  starts: (rows) => `lets a model classify ${rows}`,
  begin: (otherwise) => ({ kind: 'model', connection: '', otherwise, atMost: MODEL_SPEND_BEGINS, together: MODEL_ITEMS_DEFAULT }),
  Editor: ModelEditor,
  rename: (part, from, to) => ({ ...part, otherwise: part.otherwise === from ? to : part.otherwise }),
  unfinished: ({ connection }) => connection === '',
  placeWords: ([part]) => (part === undefined ? null : (MODEL_PLACES[part] ?? null)),
};
const MODEL_PLACES: Readonly<Record<string, string>> = {
  ...{ connection: 'Model', atMost: 'May cost, all of it', together: 'Items in a call', otherwise: 'What it can’t tell' },
};

/** By the name that a classifier gives (`editor`). */
const EDITORS: Readonly<Record<string, ClassifierEditor>> = {
  rules: rules as unknown as ClassifierEditor,
  agent: agent as unknown as ClassifierEditor,
  manual: manual as unknown as ClassifierEditor,
  model: model as unknown as ClassifierEditor,
  examples: examples as unknown as ClassifierEditor,
};

/** The editor of a plan's classifier; null where the page has none: then the plan's JSON is where it is edited. */
export function classifierEditor(forms: PlanForms, { kind }: { kind: string }): ClassifierEditor | null {
  const name = forms.classifiers.find((one) => one.kind === kind)?.editor ?? null;
  return name === null ? null : (EDITORS[name] ?? null);
}

/** What the start of a plan does with so many rows. */
export function startsWords(forms: PlanForms, { classifier }: Plan, rows: string): string {
  return classifierEditor(forms, classifier)?.starts(rows) ?? `classifies ${rows}`;
}

/** Who may classify, as far as the page has forms for them. */
export function classifierChoices(forms: PlanForms): { kind: string; title: string }[] {
  return forms.classifiers.flatMap((one) => {
    const found = classifierEditor(forms, one);
    return found === null ? [] : [{ kind: one.kind, title: found.title }];
  });
}

/**
 * The plan with another kind of classifier: as that was `left` when it was changed for another, or begun anew, with all in the category that the one before had for the rest.
 * What it had for a category that is gone goes there too.
 */
export function withClassifier(forms: PlanForms, plan: Plan, kind: string, left?: ClassifierPart): Plan {
  const { otherwise } = plan.classifier as { otherwise?: unknown };
  const rest = typeof otherwise === 'string' ? otherwise : (plan.categories.at(-1)?.name ?? '');
  const next = classifierEditor(forms, { kind });
  if (next === null) return plan;
  const there = new Set(plan.categories.map(({ name }) => name));
  const classifier = left
    ? next.inPlan
        .categories(left)
        .reduce((part, { category }) => (there.has(category) ? part : next.rename(part, category, rest)), left)
    : next.begin(rest);
  return { ...plan, version: 2, classifier };
}

/** Whether a plan waits for something that its editor asks for. */
export function unfinished(forms: PlanForms, { classifier }: Plan): boolean {
  return classifierEditor(forms, classifier)?.unfinished(classifier) ?? false;
}

/** What can be told of a plan without the server: all of it but what only a kind without an editor here reads of its own part. */
export function planSchemaOnPage(forms: PlanForms): PlanSchema {
  return planSchemaOf({
    classifiers: forms.classifiers.map((one) => classifierEditor(forms, one)?.inPlan ?? unread(one.kind)),
    connectors: forms.actions.map(({ connector, verbs }) => ({ name: connector, verbs })),
  });
}

function unread(kind: string): ClassifierInPlan {
  return { kind, schema: z.object({ kind: z.literal(kind) }).catchall(z.json()), categories: () => [] };
}

/** The categories that a plan's classifier names, as far as the page reads it. */
export function categoriesInUse(forms: PlanForms, { classifier }: Plan): Set<string> {
  const named = classifierEditor(forms, classifier)?.inPlan.categories(classifier) ?? [];
  return new Set(named.map(({ category }) => category));
}
