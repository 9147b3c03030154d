/** Prisma writes its statements on the event loop, some 50 ms for 500 rows. */
const ROWS = 500;

/** What is written through a model, so many rows at a time that others have their turn in between. */
export function* modelPages<One>(all: readonly One[]): Generator<One[]> {
  for (let from = 0; from < all.length; from += ROWS) yield all.slice(from, from + ROWS);
}
