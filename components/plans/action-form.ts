/** A connector's form over an action of a plan: which choice it is, and its values read and written. Pure. */
import type { Action } from '#lib/core/plans/plan.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';

export type ActionForm = PlanForms['actions'][number];
export type FormField = ActionForm['fields'][number];

type Choice = { value: string; words: string; make: (fields: readonly string[]) => Action };

/** All that can be done with an item, as the forms have it; a form whose verb is a field of its own is one choice. */
export function choicesOf(forms: PlanForms): Choice[] {
  return forms.actions.flatMap((form) =>
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
  const key = parameterOf(at);
  return key === null ? action[at as keyof Action] : action.with[key];
}

/** The action with another value at a field's place; undefined leaves the place out. */
export function withValue(action: Action, at: string, value: unknown): Action {
  const key = parameterOf(at);
  if (key === null) return { ...action, [at]: value };
  const { [key]: _, ...rest } = action.with;
  return { ...action, with: (value === undefined ? rest : { ...action.with, [key]: value }) as Action['with'] };
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
