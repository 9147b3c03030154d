/** Loaded into a worker before it starts: tells the bench how many ms each outcome waited from being known to its commit's acknowledgement. */
import { subscribe } from 'node:diagnostics_channel';

const TELL_MS = 100;

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
