/**
 * A bare client loop with the product's own HTTP client and nothing else: `node bench/client-loop.ts URL CONCURRENCY ITEMS`. It sends a few, says `ready`,
 * waits for `go`, and says when it is done.
 */
import { randomBytes } from 'node:crypto';
import { NONE } from '#lib/connectors/http/credentials.ts';
import { guardedAgent, sendOnce } from '#lib/connectors/http/send.ts';
import { bodyOf } from './http.ts';

const [url, concurrency, items] = process.argv.slice(2);
const agent = guardedAgent({ allowPrivate: () => true, allowed: () => [] });
const { signal } = new AbortController();

/** Sent before it says `ready`: the workers have compiled code too. */
const WARM_ITEMS = 400;

process.on('disconnect', () => process.exit(0));

async function send(items: number): Promise<void> {
  let next = 1;
  const lane = async (): Promise<void> => {
    while (next <= items) {
      const body = JSON.stringify(bodyOf(String(next++)));
      const sent = await sendOnce(agent, { ...REQUEST, body }, randomBytes(16).toString('hex'), 2, NONE, signal);
      if (sent.meaning !== 'acted') throw new Error(`The target answered ${sent.reason}.`);
    }
  };
  await Promise.all(Array.from({ length: Number(concurrency) }, lane));
}

const REQUEST = {
  method: 'POST' as const,
  url: url ?? '',
  headers: { 'content-type': 'application/json' },
  timeoutMs: 30_000,
  effect: 'permanent' as const,
};

await send(WARM_ITEMS);
process.once('message', async () => {
  await send(Number(items));
  process.send?.('done');
});
process.send?.('ready');
