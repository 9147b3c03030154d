/** The web server's process; bin/start.ts starts it and hears `ready` over IPC. */

import { createServer } from 'node:http';
import { resolve } from 'node:path';
import next from 'next';
import { forwardedFor } from '#lib/auth/peer.ts';
import { env } from '#lib/env.ts';
import { expectMigrations } from '#lib/steps/fleet/read-readiness.ts';

const CLOSE_MS = 3_000;
/** A sender that sends nothing, or a reader that reads nothing, for this long is gone. Live pages hear a heartbeat every 10 s. */
const IDLE_MS = 5 * 60 * 1000;

const { HOST, PORT } = env();
const app = next({
  dev: process.env.NODE_ENV !== 'production',
  dir: resolve(import.meta.dirname, '..'),
  hostname: HOST,
  port: PORT,
});
// Next's own copy of our modules knows no folder of ours.
expectMigrations(resolve(import.meta.dirname, '..', 'prisma', 'migrations'));
await app.prepare();

// It takes the upgrades (hot reload) of the server too, from the first request on.
const answer = app.getRequestHandler();
const server = createServer((request, response) => {
  const given = request.headers['x-forwarded-for'];
  request.headers['x-forwarded-for'] = forwardedFor(request.socket.remoteAddress, Array.isArray(given) ? given.join() : given);
  void answer(request, response);
});
// Node ends a request after 5 minutes; a large upload over a slow line takes longer. Headers keep their own limit.
server.requestTimeout = 0;
server.timeout = IDLE_MS;
server.once('error', (error) => {
  console.error(`The web server can't listen on ${HOST}:${PORT}: ${error.message}`);
  process.exit(1);
});
server.listen(PORT, HOST, () => process.send?.('ready'));

let closing = false;
async function close(): Promise<void> {
  if (closing) return;
  closing = true;
  // Live pages hold their connection open for ever: they get a moment, and come back by themselves.
  const patience = setTimeout(() => {
    server.closeAllConnections();
    // Upgraded connections are no longer the server's to close.
    setTimeout(() => process.exit(0), CLOSE_MS / 10);
  }, CLOSE_MS);
  await new Promise<void>((done) => {
    server.close(() => done());
    server.closeIdleConnections();
  });
  clearTimeout(patience);
  process.exit(0);
}

process.on('SIGTERM', close);
process.on('SIGINT', close);
// The parent is gone.
process.on('disconnect', close);
