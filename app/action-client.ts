/**
 * What every server action goes through: the Origin, who is asking, and what a refusal looks like. An action is one line over a step:
 *
 *     'use server';
 *     export const pauseAction = stepAction(pause);
 */

import { revalidatePath } from 'next/cache';
import { headers } from 'next/headers';
import { createSafeActionClient } from 'next-safe-action';
import { z } from 'zod';
import type { Outcome, Refusal } from '#components/ui/outcome.ts';
import type { Actor } from '#lib/auth/actor.ts';
import { assertSameOrigin } from '#lib/auth/origin.ts';
import { tellForbidden } from '#lib/auth/refusals.ts';
import { currentActor } from '#lib/auth/who.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { refusalOfFault } from '#lib/core/fleet/database-fault.ts';
import { log } from '#lib/log.ts';

type ActionRefusal = Required<Omit<Refusal, 'ok'>>;

const client = createSafeActionClient({
  handleServerError(error): ActionRefusal {
    const refusal = error instanceof CountersignError ? error : refusalOfFault(error);
    if (refusal && refusal !== error) log.warn({ err: error }, 'the database could not answer a server action');
    if (refusal) return { code: refusal.code, message: refusal.message, problems: refusal.problems, facts: refusal.facts };
    log.error({ err: error }, 'a server action failed');
    // What broke is for the log: it may name tables, files or other people's data.
    return {
      code: 'internal',
      message: 'An internal error occurred. Nothing was changed unless the page says so.',
      problems: [],
      facts: {},
    };
  },
});

/** Next lets an action without an Origin through; we don't. */
const open = client.use(async ({ next }) => {
  const asked = await headers();
  assertSameOrigin(asked);
  return next({ ctx: { headers: asked as Headers } });
});

const signedIn = open.use(async ({ next, ctx }) => {
  const actor = await currentActor(ctx.headers);
  if (actor === null) throw new CountersignError('unauthenticated', 'Your session has ended. Nothing was done. Sign in again.');
  return next({ ctx: { actor } });
});

/** For those who can't be signed in yet: signing in, setup links. What they give is read by what they call. */
export function openAction<Input, Value>(
  act: (input: Input, headers: Headers) => Promise<Value>,
): (input: Input) => Promise<Outcome<Value>> {
  return outcome(open.inputSchema(z.custom<Input>()).action(({ parsedInput, ctx }) => act(parsedInput, ctx.headers)));
}

/**
 * A step as a server action, for everybody else. The step says whether this person may, and only then reads what it was given: that is typed by
 * the step's own schema, and looked at nowhere before.
 * @param shownAt the page to render anew once it is done
 */
export function stepAction<Input, Value>(
  step: (actor: Actor, input: Input, headers: Headers) => Promise<Value>,
  shownAt?: string,
): (input: Input) => Promise<Outcome<Value>> {
  return outcome(
    signedIn.inputSchema(z.custom<Input>()).action(async ({ parsedInput, ctx }) => {
      const value = await step(ctx.actor, parsedInput, ctx.headers).catch(async (error: unknown) => {
        if (error instanceof CountersignError && error.code === 'forbidden') await tellForbidden(ctx.actor, error.message);
        throw error;
      });
      if (shownAt) revalidatePath(shownAt);
      return value;
    }),
  );
}

/** Turns an action's answer into what components take. */
function outcome<Input, Value>(
  act: (input: Input) => Promise<{ data?: Value; serverError?: ActionRefusal }>,
): (input: Input) => Promise<Outcome<Value>> {
  return async (input) => {
    const { data, serverError } = await act(input);
    return serverError ? { ok: false, ...serverError } : { ok: true, value: data as Value };
  };
}
