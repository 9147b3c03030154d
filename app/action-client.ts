/**
 * What every server action goes through: the Origin, who is asking, and what a refusal looks like. An action is one line over a step:
 *
 *     'use server';
 *     export const pauseBatchAction = outcome(
 *       action.inputSchema(z.strictObject({ batchId: z.uuid() })).action(async ({ parsedInput, ctx }) => pauseBatch(ctx.actor, parsedInput)),
 *     );
 */

import { headers } from 'next/headers';
import { createSafeActionClient } from 'next-safe-action';
import type { Outcome } from '#components/ui/outcome.ts';
import { assertSameOrigin } from '#lib/auth/origin.ts';
import { currentActor } from '#lib/auth/who.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { refusalOfFault } from '#lib/core/fleet/database-fault.ts';
import { log } from '#lib/log.ts';

type ActionRefusal = { code: string; message: string; problems: Problem[]; facts: Record<string, unknown> };

const client = createSafeActionClient({
  handleServerError(error): ActionRefusal {
    const refusal = error instanceof CountersignError ? error : refusalOfFault(error);
    if (refusal && refusal !== error) log.warn({ err: error }, 'the database could not answer a server action');
    if (refusal) return { code: refusal.code, message: refusal.message, problems: refusal.problems, facts: refusal.facts };
    log.error({ err: error }, 'a server action failed');
    // What broke is for the log: it may name tables, files or other people's data.
    return {
      code: 'internal',
      message: 'Something went wrong on our side. Nothing was changed unless the page says so.',
      problems: [],
      facts: {},
    };
  },
});

/** For those who can't be signed in yet: signing in, setup links. Next lets an action without an Origin through; we don't. */
export const openAction = client.use(async ({ next }) => {
  const asked = await headers();
  assertSameOrigin(asked);
  return next({ ctx: { headers: asked as Headers } });
});

/** For everybody else; `ctx.actor` is who is asking. Whether they may is the step's to say. */
export const action = openAction.use(async ({ next, ctx }) => {
  const actor = await currentActor(ctx.headers);
  if (actor === null) throw new CountersignError('unauthenticated', 'Your session has ended. Sign in again; nothing was done.');
  return next({ ctx: { actor } });
});

type Answer<Data> = { data?: Data; serverError?: ActionRefusal; validationErrors?: unknown };

/** Turns an action's answer into what components take. */
export function outcome<Input extends unknown[], Data>(
  act: (...input: Input) => Promise<Answer<Data>>,
): (...input: Input) => Promise<Outcome<Data>> {
  return async (...input) => {
    const { data, serverError, validationErrors } = await act(...input);
    if (serverError) return { ok: false, ...serverError };
    if (validationErrors) return invalid(problemsIn(validationErrors, ''));
    return { ok: true, value: data as Data };
  };
}

function invalid(problems: Problem[]): Outcome<never> {
  return { ok: false, code: 'invalid', message: problems.map(({ message }) => message).join(' '), problems };
}

/** next-safe-action nests what zod found: `_errors` at each place that has some. */
function problemsIn(tree: unknown, path: string): Problem[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => {
    if (key === '_errors') return (value as string[]).map((message) => ({ path, message }));
    return problemsIn(value, path === '' ? key : `${path}.${key}`);
  });
}
