/** The forms of the kinds of this build, as data for the plan's page: it names no kind itself. */
import { CLASSIFIERS } from '#lib/classifiers/kinds.ts';
import type { ActionForm } from '#lib/connectors/form.ts';
import { CONNECTORS } from '#lib/connectors/kinds.ts';

export type PlanForms = {
  /** `editor`: the component that edits the classifier's part; null: it is edited as JSON */
  classifiers: readonly { kind: string; editor: string | null }[];
  /** those that the person's plans may name */
  connections: readonly { name: string; connector: string; address: string; found: readonly string[] }[];
  actions: readonly (ActionForm & { connector: string; verbs: readonly string[] })[];
};

/** JSON. */
export function readPlanForms(): PlanForms {
  return {
    classifiers: CLASSIFIERS.map(({ kind, editor }) => ({ kind, editor })),
    connections: [],
    actions: CONNECTORS.map(({ name, verbs, form }) => ({ connector: name, verbs, ...form })),
  };
}
