/** Loaded into a worker before it starts: tells the bench how many ms each outcome waited from being known to its commit's acknowledgement. */
import { subscribe } from 'node:diagnostics_channel';

const TELL_MS = 100;

// A bench that was killed, or failed, leaves no workers behind.
process.once('disconnect', () => process.exit());

let waits: number[] = [];
subscribe('countersign.outcome', (said) => {
  const { ms } = said as { ms: number };
  waits.push(ms);
});
setInterval(() => {
  if (waits.length === 0 || !process.connected) return;
  process.send?.(waits);
  waits = [];
}, TELL_MS).unref();
