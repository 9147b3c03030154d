import { type LiveEvents, useLive } from '#app/(desk)/use-live.ts';
import type { Board } from '#lib/shapes/board.ts';

const EVENTS: LiveEvents<Board> = { board: (_before, event) => event as Board };

/** The board as it is now. */
export function useLiveBoard(initial: Board): Board {
  return useLive({ board: true }, initial, EVENTS);
}
