/**
 * A worker of the product whose failpoints are in the soak's hands: it tells its parent which steps it reaches, and waits at those that are armed
 * until it is told to go on. It dies, freezes and stalls there like any process would. Nothing but the soak runs this program.
 */
import { arm, type Failpoint } from '#lib/engine/failpoints.ts';

/** Wait at this step, for this batch, after passing it `skip` times. Steps that belong to no batch count for all. */
export type Arm = { id: number; point: Failpoint; batchId: string; skip: number };
export type ToWorker = { arms: Arm[] } | { go: number; stallMs: number } | { ping: number };
export type FromWorker = { seen: Failpoint } | { reached: number; hold: number } | { went: number } | { pong: number };

let arms: Arm[] = [];
let holds = 0;
const seen = new Set<Failpoint>();
const waiting = new Map<number, (stallMs: number) => void>();

const tell = (message: FromWorker): void => {
  if (process.connected) process.send?.(message);
};

process.on('message', (message: ToWorker) => {
  if ('arms' in message) arms = message.arms;
  else if ('go' in message) waiting.get(message.go)?.(message.stallMs);
  else tell({ pong: message.ping });
});
process.on('disconnect', () => {
  for (const go of waiting.values()) go(0);
});

arm(async (point, batchId) => {
  if (!seen.has(point)) {
    seen.add(point);
    tell({ seen: point });
  }
  const found = arms.find((one) => one.point === point && (batchId === null || one.batchId === batchId));
  if (!found || found.skip-- > 0 || !process.connected) return;
  arms = arms.filter((one) => one !== found);
  holds += 1;
  const hold = holds;
  const stallMs = await new Promise<number>((resolve) => {
    waiting.set(hold, resolve);
    tell({ reached: found.id, hold });
  });
  waiting.delete(hold);
  if (stallMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
  tell({ went: hold });
});

await import('#bin/worker.ts');
