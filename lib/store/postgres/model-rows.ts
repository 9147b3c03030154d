/** Prisma writes its statements on the event loop: 100 rows are some 10 ms, and 40 where a row has as many columns as a chunk. */
const ROWS = 100;

/** What is written through a model, so many rows at a time that others have their turn in between. */
export function* modelPages<One>(all: readonly One[]): Generator<One[]> {
  for (let from = 0; from < all.length; from += ROWS) yield all.slice(from, from + ROWS);
}
