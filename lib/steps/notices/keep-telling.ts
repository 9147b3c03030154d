/** Tells and sends for as long as a web server runs: its settings say how. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NOTICE_MS } from '#lib/core/limits.ts';
import { log } from '#lib/log.ts';
import { sendNotices } from './send.ts';
import { tellNotices } from './tell.ts';

/** Ends when `signal` aborts. What fails is tried again in the next turn. Each goes at its own pace: none waits for a slow server of another. */
export async function keepTelling(signal: AbortSignal): Promise<void> {
  const acts = [tellNotices, () => sendNotices('mail', signal), () => sendNotices('webhook', signal)];
  await Promise.all(acts.map((act) => again(act, signal)));
}

async function again(act: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await act().catch((error: unknown) => log.warn({ err: error }, 'notices were not told'));
    await sleep(NOTICE_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}
