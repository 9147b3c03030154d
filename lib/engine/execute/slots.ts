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

/** What an action that was begun ahead of a free slot waits for: true when a slot is its own, false when nothing more is sent. */
export type Turn = () => Promise<boolean>;

/**
 * There are `concurrency` of them, each with one action in flight; one while a target is tried. What is begun ahead of a free slot takes the first that becomes free, in
 * the order in which it was begun.
 */
export function sendingSlots(run: Run) {
  const slots = () => slotsOf(run);
  const open = new Set<Promise<void>>();
  /** begun ahead of a free slot, and without one */
  const queue = new Set<(mine: boolean) => void>();
  let busy = 0;
  let freed = (): void => {};
  let fault: unknown;
  const ends = (): boolean => run.stop !== null || fault !== undefined;
  const met = (error: unknown): void => {
    if (error instanceof Refused) run.stop ??= error.why;
    else fault ??= error;
    hearTheEnd();
  };
  const hearTheEnd = (): void => {
    if (ends()) for (const turn of queue) turn(false);
  };
  run.stirred.signal.addEventListener('abort', hearTheEnd);
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
  };
  const leave = (): void => {
    heed(run);
    hearTheEnd();
    const [next] = queue;
    if (next) next(true);
    else busy -= 1;
    freed();
  };
  /** Its slot is its own only when its turn has come. */
  const sendAhead = async (send: (turn: Turn) => Promise<Sent>): Promise<void> => {
    let mine = false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const turn = (is: boolean): void => {
      mine = is;
      queue.delete(turn);
      resolve(is);
    };
    queue.add(turn);
    await use(() => send(() => run.rests.wait(null, () => promise)));
    queue.delete(turn);
    if (mine) leave();
    else freed();
  };
  const free = async (ahead = 0): Promise<boolean> => {
    while (busy >= slots() && queue.size >= ahead)
      await run.rests.wait(
        null,
        () =>
          new Promise<void>((resolve) => {
            freed = resolve;
          }),
      );
    heed(run);
    return !ends();
  };
  return {
    /** Waits for a free slot, or for a place among the first `ahead` of one, for one caller at a time; false when nothing more may be begun. */
    free,
    /** The same, and begins; with a turn to wait for, where it has no slot yet. */
    async begin(send: (turn: Turn | null) => Promise<Sent>, ahead = 0): Promise<boolean> {
      if (!(await free(ahead))) return false;
      const has = busy < slots() && queue.size === 0;
      if (has) busy += 1;
      follow(run.rests.work(() => (has ? use(() => send(null)).then(leave) : sendAhead(send))));
      return true;
    },
    /** Everything is waited for: what is in flight has its outcome written even when another met a refusal. */
    async settled(): Promise<void> {
      while (open.size > 0) await run.rests.wait(null, () => Promise.all(open));
      if (fault !== undefined) throw fault;
    },
  };
}
