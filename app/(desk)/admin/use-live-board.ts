import { type LiveEvents, useLive } from '#app/(desk)/use-live.ts';
import type { Board } from '#lib/shapes/board.ts';

const EVENTS: LiveEvents<Board> = { board: (_before, event) => event as Board };

/** The board as it is now; `lostAt` as of `useLive`. */
export function useLiveBoard(initial: Board): { board: Board; lostAt: number | null } {
  const { data, lostAt } = useLive('/api/v1/board/events', initial, EVENTS);
  return { board: data, lostAt };
}
