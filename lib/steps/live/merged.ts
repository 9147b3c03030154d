/** What comes of several sources, as it comes. The end or the failure of one is that of all; `leave` then has to end those that wait. */
export async function* merged<T>(sources: readonly AsyncGenerator<T>[], leave: () => void): AsyncGenerator<T> {
  const next = async (source: AsyncGenerator<T>) => ({ source, ...(await source.next()) });
  const waiting = new Map(sources.map((source) => [source, next(source)]));
  try {
    for (;;) {
      const { source, done, value } = await Promise.race(waiting.values());
      if (done) return;
      waiting.set(source, next(source));
      yield value;
    }
  } finally {
    leave();
    // One has failed already, and nobody asks what the others still had to say.
    await Promise.allSettled([...waiting.values(), ...sources.map((source) => source.return(undefined))]);
  }
}
