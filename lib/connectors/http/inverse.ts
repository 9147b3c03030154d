/** The request that undoes one that happened. */
import type { FrozenRequest } from '#lib/connectors/port.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import type { HttpRequest } from './frozen.ts';
import { namedIn, TARGET } from './parts.ts';
import { freezeRequest } from './request.ts';

/** Whether the undo request names the target's own id. */
export function namesTarget({ undo: template }: HttpRequest): boolean {
  return template !== undefined && namedIn(template).includes(TARGET);
}

/**
 * The request that undoes one that happened, by the template that was frozen with it, and its action for the plan. Null when it has none.
 * @param target the target's own id; what `{{target}}` stands for
 */
export function inverseRequest(
  action: Action,
  request: HttpRequest,
  { ordinal, target }: { ordinal: number; target: string },
): { action: Action; request: FrozenRequest } | null {
  if (!request.undo) return null;
  const { fields, do: method, ...template } = request.undo;
  const inverse: Action = {
    ...action,
    do: method,
    with: { ...template, timeoutMs: request.timeoutMs, effect: 'undoable' },
  };
  const values = { ...fields, [TARGET]: target };
  return {
    action: inverse,
    request: freezeRequest(inverse, { ordinal, fields: values }, { ...values, [TARGET]: lastPart(target) }),
  };
}

/** A target that names what it made by an address (the Location header) means, inside another address, its last part: the id. */
function lastPart(target: string): string {
  const path = target.startsWith('/')
    ? target
    : /^https?:/i.test(target) && URL.canParse(target)
      ? new URL(target).pathname
      : null;
  if (path === null) return target;
  const part =
    path
      .split(/[?#]/, 1)[0]
      ?.split('/')
      .findLast((one) => one !== '') ?? '';
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
