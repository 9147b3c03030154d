/** The words for a plan's actions, by category. */
import type { Action, Category, Plan } from '#lib/core/plans/plan.ts';
import type { ActionWords, Effect } from '#lib/shapes/actions.ts';
import { connectorFor } from './registry.ts';

/** Category -> what its action does, in words; a category without an action is not there. */
export function actionWords(plan: Plan): Map<string, ActionWords> {
  const words = new Map<string, ActionWords>();
  for (const { name, action } of plan.categories) {
    if (action === null) continue;
    words.set(name, storedWords(action));
  }
  return words;
}

/** The worst that the actions of a stored plan's categories do. */
export function worstEffect(categories: readonly Category[]): Effect {
  const effects = new Set(categories.flatMap(({ action }) => (action ? [storedWords(action).effect] : [])));
  return effects.has('permanent') ? 'permanent' : effects.has('undoable') ? 'undoable' : 'none';
}

/** An action of a stored plan may be one that this version can't read. No request is built of it: it is told, and not sent. */
function storedWords(action: Action): ActionWords {
  try {
    return wordsOf(action);
  } catch {
    const { connector, connection, do: verb } = action;
    const words = { verb, past: verb, will: 'do what this version does not know', target: connector };
    return { connector, connection, do: verb, ...words, effect: 'permanent' };
  }
}

/** One action in words, its connector's own. */
export function wordsOf(action: Action): ActionWords {
  const { connector: name, connection, do: verb } = action;
  const connector = connectorFor(name);
  return { connector: name, connection, do: verb, ...connector.wording(action), effect: connector.effect(action) };
}
