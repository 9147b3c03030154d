/** The board as it goes, as server-sent events: one reader for all who look, in each process, and only while somebody does. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { BOARD_MS, LIVE_HEARTBEAT_MS } from '#lib/core/limits.ts';
import type { Board } from '#lib/shapes/board.ts';
import { boardNow } from '#lib/steps/fleet/read-board.ts';
import { db } from '#lib/store/postgres/db.ts';
import { followAs } from './live-actors.ts';
import { READING_SHARE, sleepUntil, wakeAll } from './live-batch.ts';
import { takePlace } from './places.ts';
import { seatAt } from './seats.ts';

export type BoardEvent = { id: string; event: 'board'; data: Board } | { comment: string };

type Input = {
  signal: AbortSignal;
  /** called as soon as the actor may no longer, also while nobody reads on */
  onEnd?: () => void;
};

/**
 * The whole board at once and whenever it has changed, at most every BOARD_MS. Ends when the signal aborts, and about LIVE_REAUTHORISE_MS after the
 * actor was signed out or lost the right to see the fleet. Throws in the middle when the database is away: the browser then comes back.
 *
 * @throws CountersignError `forbidden`; `unavailable` to whoever follows too many streams already
 */
export async function streamBoard(
  actor: Actor,
  input: Input,
  heartbeatMs = LIVE_HEARTBEAT_MS,
): Promise<AsyncGenerator<BoardEvent>> {
  authorise(actor, 'see_fleet');
  const leave = takePlace(actor);
  // Whoever leaves before the first event is read leaves too: the generator's own end would not run.
  input.signal.addEventListener('abort', leave);
  if (input.signal.aborted) leave();
  return events(actor, input, heartbeatMs, leave);
}

async function* events(
  actor: Actor,
  { signal: left, onEnd = () => {} }: Input,
  heartbeatMs: number,
  leavePlace: () => void,
): AsyncGenerator<BoardEvent> {
  if (left.aborted) return;
  const { pool } = db();
  const followed = followAs(pool, actor, 'see_fleet');
  followed.ended.addEventListener('abort', onEnd);
  const signal = AbortSignal.any([left, followed.ended]);
  const { live: mine, leave } = sit(pool);
  // A stream that nobody reads on from must not keep a reader.
  signal.addEventListener('abort', leave, { once: true });
  let seen = 0;
  try {
    for (;;) {
      if (left.aborted) return;
      if (followed.fault()) throw followed.fault();
      if (signal.aborted) return;
      if (mine.fault) throw mine.fault;
      if (mine.board && mine.version !== seen) {
        seen = mine.version;
        yield { id: String(seen), event: 'board', data: mine.board };
        continue;
      }
      await sleepUntil(mine.waiting, heartbeatMs, signal);
      if (!signal.aborted && mine.version === seen && !mine.fault) yield { comment: 'still here' };
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
    followed.leave();
    left.removeEventListener('abort', leavePlace);
    leavePlace();
  }
}

type Live = {
  seats: number;
  board: Board | null;
  /** raised with every board that differs from the one before */
  version: number;
  fault: unknown;
  waiting: Set<() => void>;
  ended: AbortController;
};

let live: Live | null = null;

/** Takes a seat; the first one starts the reader, the last one to leave ends it. Whoever leaves twice leaves once. */
function sit(pool: ReturnType<typeof db>['pool']): { live: Live; leave: () => void } {
  live ??= begin(pool);
  const mine = live;
  const leave = seatAt(mine, () => {
    if (mine.seats === 0) end(mine);
  });
  return { live: mine, leave };
}

function end(ending: Live): void {
  ending.ended.abort();
  if (live === ending) live = null;
}

function begin(pool: ReturnType<typeof db>['pool']): Live {
  const mine: Live = { seats: 0, board: null, version: 0, fault: null, waiting: new Set(), ended: new AbortController() };
  const { signal } = mine.ended;
  const read = async (): Promise<void> => {
    let said = '';
    while (!signal.aborted) {
      const began = performance.now();
      const board = await boardNow(pool);
      const says = JSON.stringify(board);
      if (says !== said) {
        said = says;
        mine.board = board;
        mine.version += 1;
        wakeAll(mine.waiting);
      }
      await sleepUntil(new Set(), Math.max(BOARD_MS, (performance.now() - began) / READING_SHARE), signal);
    }
  };
  read().catch((error: unknown) => {
    // Those who look are told by the end of their stream and come back; the next one begins anew.
    mine.fault = error;
    end(mine);
    wakeAll(mine.waiting);
  });
  return mine;
}
