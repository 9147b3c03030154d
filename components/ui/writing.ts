/**
 * A write from the browser is a mutation: `const done = useMutation(writing(['tasks', id, 'finish'], onDone))`, then `done.mutate()`,
 * `done.isPending`, `done.error?.message`. Nothing here paints what was not committed: what may be painted before its answer (marks and moves of
 * items) says so where it is written.
 */
import { hashKey, type MutationKey, mutationOptions } from '@tanstack/react-query';
import { NotSent } from './connection.ts';
import type { Outcome, Refusal } from './outcome.ts';

/** Why a write was not done, as an error that a mutation can hold. Its message is for the person who pressed. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = 'Refused';
    this.refusal = refusal;
  }
}

/** The writes that are not answered yet, by key and input. */
const underWay = new Map<string, Promise<unknown>>();

/**
 * The options of a write. Whoever presses again while the same is under way waits for the one answer: a double click sends once. A lost connection
 * becomes a refusal that claims nothing about what happened on the other side.
 * @param mutationKey names the thing and the verb
 * @param act null for whoever may not, who has no button for it either
 */
export function writing<Input = void, Value = unknown>(
  mutationKey: MutationKey,
  act: ((input: Input) => Promise<Outcome<Value>>) | null | undefined,
) {
  return mutationOptions<Value, Refused, Input>({
    mutationKey,
    ...(act ? { mutationFn: (input: Input) => once(hashKey([...mutationKey, input]), () => answered(act(input))) } : {}),
  });
}

/** The value of an answer; throws `Refused` where there is none. */
async function answered<Value>(answer: Promise<Outcome<Value>>): Promise<Value> {
  const outcome = await answer.catch(unanswered);
  if (outcome.ok) return outcome.value;
  throw new Refused(outcome);
}

function once<Value>(name: string, send: () => Promise<Value>): Promise<Value> {
  const before = underWay.get(name);
  if (before) return before as Promise<Value>;
  const answer = send().finally(() => underWay.delete(name));
  underWay.set(name, answer);
  return answer;
}

function unanswered(fault: unknown): Refusal {
  if (fault instanceof NotSent) return { ok: false, code: 'not_sent', message: fault.message };
  return {
    ok: false,
    code: 'unanswered',
    message: 'The server did not answer. It is not known whether this was done. Reload to see.',
  };
}
