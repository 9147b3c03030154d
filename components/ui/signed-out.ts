/** That the server no longer knows who is asking: told from wherever it is heard, shown once by the shell. */
const EVENT = 'countersign:signed-out';

/** Call it in the browser when an answer was "unauthenticated". */
export function tellSignedOut(): void {
  window.dispatchEvent(new Event(EVENT));
}

/** Runs `hear` each time; answers how to stop. */
export function onSignedOut(hear: () => void): () => void {
  window.addEventListener(EVENT, hear);
  return () => window.removeEventListener(EVENT, hear);
}
