/** Which kinds of targets there are, looked up by the name in an action. */
import { CountersignError } from '#lib/core/errors.ts';
import type { Action, Plan } from '#lib/core/plans/plan.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { RequestBuilder, TargetNamer } from '#lib/store/checkpoints/manifest.sql.ts';
import { CONNECTORS, MODELS } from './kinds.ts';
import { MODEL } from './model/models.ts';
import { requireDo } from './parameters.ts';
import type { ActionItem, ConnectionKind, Connector, Described, HandsIn, RequestOf, UncertainWords } from './port.ts';

/** The connector of this name. Throws `invalid` with the names there are. */
export function connectorFor(name: string): Connector {
  const connector = CONNECTORS.find((one) => one.name === name);
  if (connector) return connector;
  const message = `There is no connector “${name}”. Choose one of: ${CONNECTORS.map((one) => one.name).join(', ')}.`;
  throw new CountersignError('invalid', message, { problems: [{ path: 'connector', message }] });
}

/** Builds an item's frozen request: the same for the preview, the manifest and the run (I5). */
export const requestBuilder: RequestBuilder = Object.assign(
  (action: Action, item: ActionItem) => {
    const connector = connectorFor(action.connector);
    // A plan that another version stored may ask for what this one can't do.
    requireDo(action, connector.verbs);
    return { version: versionOf(connector, action), request: connector.prepare(action, item) };
  },
  { takesHandedIn: (action: Action) => handingIn(action) !== null },
);

/** How agents hand in what this action does; null where it is not made of what they hand in. */
export function handingIn(action: Action): HandsIn | null {
  const connector = CONNECTORS.find(({ name }) => name === action.connector);
  return connector?.kind === 'remote' && connector.handsIn?.verb === action.do ? connector.handsIn : null;
}

/** The version that requests of this action are frozen under. */
export function versionOf(connector: Connector, action: Action): number {
  return connector.versionOf?.(action) ?? connector.version;
}

/** A frozen request for people; null where this version can't read it. */
export function describeRequest(name: string, of: RequestOf): Described | null {
  try {
    return CONNECTORS.find((one) => one.name === name)?.describe(of) ?? null;
  } catch {
    return null;
  }
}

/** The connector that can look at what is there now for this request; null where nothing can be looked at. */
export function lookerFor(name: string, request: Uint8Array): Required<Pick<Connector, 'look'>> | null {
  const connector = CONNECTORS.find((one) => one.name === name);
  const look = connector?.look?.bind(connector);
  if (!connector || !look) return null;
  return connector.kind === 'transactional' || connector.canInspect(request) ? { look } : null;
}

/** What tells which files the requests of this connector change; null where they change none. */
export function changesBy(name: string): Required<Pick<Connector, 'changes'>> | null {
  const connector = CONNECTORS.find((one) => one.name === name);
  const changes = connector?.changes?.bind(connector);
  return changes ? { changes } : null;
}

/** Whom a frozen request of this connector goes to; null where nothing leaves Countersign. */
export const targetOfRequest: TargetNamer = (name, request) => {
  const connector = CONNECTORS.find((one) => one.name === name);
  return connector?.kind === 'remote' ? connector.targetOf(request) : null;
};

/** The id of the connection that a frozen request of this connector goes over; null where it goes over none. */
export function connectionOfRequest(name: string, request: Uint8Array): string | null {
  const connector = CONNECTORS.find((one) => one.name === name);
  return connector?.kind === 'remote' ? (connector.connections?.of(request) ?? null) : null;
}

/** What may be connected to: the connectors that send over connections, and models. */
export function connectionKinds(): { connector: string; kind: ConnectionKind }[] {
  const sending = CONNECTORS.flatMap((one) =>
    one.kind === 'remote' && one.connections ? [{ connector: one.name, kind: one.connections }] : [],
  );
  return [...sending, { connector: MODEL, kind: MODELS.connections }];
}

/** Null where there are no connections of that name. */
export function connectionKindOf(connector: string): ConnectionKind | null {
  return connectionKinds().find((one) => one.connector === connector)?.kind ?? null;
}

/** Whom the requests over a connection go to, as breakers name it; null where this version does not know its kind. */
export function targetOfConnection({ connector, ...of }: { connector: string; name: string; address: string }): string | null {
  return connectionKindOf(connector)?.targetOf(of) ?? null;
}

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

/** Why an action failed, in a sentence, by the reason in its receipt. */
export function failureWords(reason: string | null): string {
  if (reason === null) return 'The target gave no reason.';
  for (const connector of CONNECTORS) {
    const words = connector.failureWords(reason);
    if (words !== null) return words;
  }
  return `It failed: ${reasonWords(reason)}.`;
}

/** Why nobody knows what became of an action of this connector, by the reason in its receipt. */
export function uncertainWords(name: string, reason: string | null): UncertainWords {
  if (reason === null) return { why: 'No answer came.', cause: 'without an answer' };
  const connector = CONNECTORS.find((one) => one.name === name);
  const own = connector?.kind === 'remote' ? connector.uncertainWords(reason) : null;
  const code = reasonWords(reason);
  const cause = `with an answer that does not say what became of it (${code})`;
  // The executor's own reason, whoever the action was sent to.
  if (reason === 'worker_lost') return { why: 'The worker was lost before it stored an answer.', cause };
  return own ?? { why: `The answer does not say what became of it: ${code}.`, cause };
}

/**
 * Where a plan's actions change something, as batches claim it: over a connection by its name, without one at the host of the request. What they change inside Countersign are items of
 * this dataset: another one's are others, whatever stands in them. What changes nothing there has no place.
 */
export function placesClaimed({ categories }: Plan, datasetId: string): string[] {
  const named = categories.flatMap(({ action }) => {
    if (action === null) return [];
    const connector = connectorFor(action.connector);
    const changes = connector.kind === 'remote' || connector.effect(action) !== 'none';
    if (!changes) return [];
    if (connector.kind === 'remote') return [action.connection ?? connector.goesTo?.(action) ?? action.connector];
    return [action.connector, ...(connector.alsoChanges?.(action) ?? [])].map((name) => `${name} of ${datasetId}`);
  });
  return [...new Set(named)];
}
