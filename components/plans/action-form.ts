/** A connector's form over an action of a plan: which choice it is, and its values read and written. Pure. */
import type { Action } from '#lib/core/plans/plan.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';

export type ActionForm = PlanForms['actions'][number];
export type FormField = ActionForm['fields'][number];

type Choice = { value: string; words: string; make: (fields: readonly string[]) => Action };

/** All that can be done with an item, as the forms have it; a form whose verb is a field of its own is one choice. */
export function choicesOf(forms: PlanForms): Choice[] {
  const offered = forms.actions.filter(
    ({ needsConnection, connector }) => !needsConnection || forms.connections.some((one) => one.connector === connector),
  );
  return offered.flatMap((form) =>
    form.choices.map((choice) => ({
      value: choiceValue(form, choice.do),
      words: choice.words,
      make: (fields) => {
        const preferred = choice.prefer && fields.includes(choice.prefer.field) ? choice.prefer.with : choice.with;
        return { connector: form.connector, connection: null, do: choice.do, honoursKeys: false, with: preferred };
      },
    })),
  );
}

/** Which choice an action is; one of no known form is called by its connector and verb. */
export function choiceOf(forms: PlanForms, action: Action | null): string {
  if (action === null) return '';
  return choiceValue(formOf(forms, action), action.do, action.connector);
}

/** The form of an action; undefined where this build has none for it. */
export function formOf(forms: PlanForms, action: Action): ActionForm | undefined {
  return forms.actions.find(({ connector }) => connector === action.connector);
}

function choiceValue(form: ActionForm | undefined, verb: string, connector = form?.connector ?? ''): string {
  return form?.fields.some(({ at }) => at === 'do') ? connector : `${connector}.${verb}`;
}

/** The value at a field's place; undefined where the action has none. */
export function valueAt(action: Action, at: string): unknown {
  return at.split('.').reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), action);
}

/** The action with another value at a field's place; undefined leaves the place out. */
export function withValue(action: Action, at: string, value: unknown): Action {
  return put(action, at.split('.'), value) as Action;
}

function put(within: unknown, [key = '', ...deeper]: readonly string[], value: unknown): Record<string, unknown> {
  const { [key]: old, ...others } = isRecord(within) ? within : {};
  if (deeper.length > 0) return { ...(isRecord(within) ? within : {}), [key]: put(old, deeper, value) };
  return value === undefined ? others : { ...(isRecord(within) ? within : {}), [key]: value };
}

/** The fields that an action of this form has now. */
export function shownFields(form: ActionForm, action: Action): FormField[] {
  const forVerb = form.fields.filter(({ notFor }) => !notFor?.includes(action.do));
  return forVerb.filter(
    ({ within }) => within === undefined || (isRecord(valueAt(action, within)) && forVerb.some(({ at }) => at === within)),
  );
}

/**
 * The action with another verb. What that verb has no place for comes into `kept`, and what of `kept` it has a place for again comes back.
 */
export function withVerb(
  form: ActionForm,
  action: Action,
  verb: string,
  kept: Action['with'],
): { action: Action; kept: Action['with'] } {
  const keysNotFor = (one: string) =>
    form.fields.flatMap(({ at, notFor }) => (notFor?.includes(one) ? (parameterOf(at) ?? []) : []));
  const gone = keysNotFor(verb);
  const back = keysNotFor(action.do).filter((key) => !gone.includes(key));
  const entries = Object.entries(action.with);
  return {
    action: {
      ...action,
      do: verb,
      with: {
        ...Object.fromEntries(Object.entries(kept).filter(([key]) => back.includes(key))),
        ...Object.fromEntries(entries.filter(([key]) => !gone.includes(key))),
      },
    },
    kept: { ...kept, ...Object.fromEntries(entries.filter(([key]) => gone.includes(key))) },
  };
}

function parameterOf(at: string): string | null {
  return at.startsWith('with.') ? at.slice('with.'.length) : null;
}
