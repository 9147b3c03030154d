/** The kinds of targets there are. Adding one is a file and a line here. */
import { CountersignError } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { env } from '#lib/env.ts';
import type { RequestBuilder, TargetNamer } from '#lib/store/checkpoints/manifest.ts';
import { makeHttp } from './http/connector.ts';
import { none } from './none/connector.ts';
import type { Connector } from './port.ts';
import { shelf } from './shelf/connector.ts';
import { task } from './task/connector.ts';

export const CONNECTORS: readonly Connector[] = [
  none,
  shelf,
  task,
  makeHttp({ allowPrivateTargets: () => env().ALLOW_PRIVATE_TARGETS }),
];

/** The connector of this name. Throws `invalid` with the names there are. */
export function connectorFor(name: string): Connector {
  const connector = CONNECTORS.find((one) => one.name === name);
  if (connector) return connector;
  const message = `No connector is called “${name}”; there is: ${CONNECTORS.map((one) => one.name).join(', ')}.`;
  throw new CountersignError('invalid', message, { problems: [{ path: 'connector', message }] });
}

/** Builds an item's frozen request: the same for the preview, the manifest and the run (I5). */
export const requestBuilder: RequestBuilder = (action, item) => {
  const connector = connectorFor(action.connector);
  return { version: connector.version, request: connector.prepare(action, item) };
};

/** Whom a frozen request of this connector goes to; null where nothing leaves Countersign. */
export const targetOfRequest: TargetNamer = (name, request) => {
  const connector = CONNECTORS.find((one) => one.name === name);
  return connector?.kind === 'remote' ? connector.targetOf(request) : null;
};

/**
 * Checks a plan's action. Throws `invalid` with problems whose paths begin with `path`, the action's place in the plan
 * (`categories.0.action`). `fields` are the dataset's, when they are known.
 */
export function checkAction(action: Action, path: string, fields: readonly string[] | null = null): void {
  try {
    connectorFor(action.connector).check(action, fields);
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    const problems = error.problems.map((problem) => ({ ...problem, path: `${path}.${problem.path}` }));
    throw new CountersignError(error.code, error.message, { problems, facts: error.facts, cause: error });
  }
}
