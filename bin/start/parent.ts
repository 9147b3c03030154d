/** The child's side of bin/start/children.ts: what it says to the start that began it, and when it learns that this one is gone. */
import { url as inspectorUrl } from 'node:inspector';

/** Says `ready` to the start. Nothing without one, or when it is gone. */
export function sayReady(): void {
  say('ready');
}

/** Answers the start whenever it asks whether we are alive, as soon as this process's event loop turns. */
export function answerTheStart(): void {
  process.on('message', () => say(inspectorUrl() === undefined ? 'alive' : 'debugged'));
  say('alive');
}

/** Calls `act` when the start is gone, also if that was before we could listen. It may be called twice. Never for a process that has no start. */
export function whenTheStartIsGone(act: () => void): void {
  process.on('disconnect', act);
  // Undefined, whatever its type says, for a process that never had a channel.
  if (process.connected === false) act();
}

function say(word: 'ready' | 'alive' | 'debugged'): void {
  process.send?.(word, undefined, undefined, () => {});
}
