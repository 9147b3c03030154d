/** The words for a plan's actions, by category. */
import type { Plan } from '#lib/core/plans/plan.ts';
import type { Effect, Wording } from './port.ts';
import { connectorFor } from './registry.ts';

export type ActionWords = Wording & { connector: string; connection: string | null; do: string; effect: Effect };

/** Category -> what its action does, in words; a category without an action is not there. */
export function actionWords(plan: Plan): Map<string, ActionWords> {
  const words = new Map<string, ActionWords>();
  for (const { name, action } of plan.categories) {
    if (action === null) continue;
    const connector = connectorFor(action.connector);
    const { connector: kind, connection, do: verb } = action;
    words.set(name, { connector: kind, connection, do: verb, ...connector.wording(action), effect: connector.effect(action) });
  }
  return words;
}
