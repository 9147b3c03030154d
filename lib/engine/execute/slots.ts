/** Sending slots: how many actions of a chunk are in flight at once. */
import type { Attempt } from './attempt.ts';
import { Refused } from './receipt-writer.ts';
import { heed, type Run } from './run.ts';

/**
 * What a slot was used for is over. Where its outcome is still on its way to its commit, `recorded` is that; `againAfterMs` asks for another attempt.
 */
export type Sent =
  | { recorded: Promise<void> }
  | { againAfterMs: number /** the target said how long */; asked: boolean }
  | undefined;

/** Sends each in a slot of its own, and waits for all. */
export async function inSlots(run: Run, attempts: Attempt[], send: (attempt: Attempt) => Promise<Sent>): Promise<void> {
  const slots = sendingSlots(run);
  for (const attempt of attempts) if (!(await slots.begin(() => send(attempt)))) break;
  await slots.settled();
}

/** How many actions of the chunk may be in flight at once. */
export function slotsOf({ approval, probes }: Run): number {
  return approval.serial || probes.size > 0 ? 1 : approval.plan.execution.concurrency;
}

/** No intent is written ahead of a free sending slot: there are `concurrency` of them, each with one action in flight; one while a target is tried. */
export function sendingSlots(run: Run) {
  const slots = () => slotsOf(run);
  const open = new Set<Promise<void>>();
  let busy = 0;
  let freed = (): void => {};
  let fault: unknown;
  const met = (error: unknown): void => {
    if (error instanceof Refused) run.stop ??= error.why;
    else fault ??= error;
  };
  const follow = (work: Promise<void>): void => {
    const followed: Promise<void> = work.catch(met).finally(() => open.delete(followed));
    open.add(followed);
  };
  const use = async (send: () => Promise<Sent>): Promise<void> => {
    try {
      const sent = await send();
      if (sent && 'recorded' in sent) follow(run.rests.work(() => sent.recorded));
    } catch (error) {
      // Before the slot is free, so that nothing is begun after a refusal.
      met(error);
    }
    busy -= 1;
    freed();
  };
  const free = async (): Promise<boolean> => {
    while (busy >= slots())
      await run.rests.wait(
        null,
        () =>
          new Promise<void>((resolve) => {
            freed = resolve;
          }),
      );
    heed(run);
    return run.stop === null && fault === undefined;
  };
  return {
    /** Waits for a free slot, for one caller at a time; false when nothing more may be begun. */
    free,
    /** The same, and begins. */
    async begin(send: () => Promise<Sent>): Promise<boolean> {
      if (!(await free())) return false;
      busy += 1;
      follow(run.rests.work(() => use(send)));
      return true;
    },
    /** Everything is waited for: what is in flight has its outcome written even when another met a refusal. */
    async settled(): Promise<void> {
      while (open.size > 0) await run.rests.wait(null, () => Promise.all(open));
      if (fault !== undefined) throw fault;
    },
  };
}
