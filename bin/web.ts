/** The web server's process; bin/start.ts starts it and hears `ready` over IPC. */

import { resolve } from 'node:path';
import next from 'next';
import { env } from '#lib/env.ts';
import { logConsole } from '#lib/log.ts';
import { createEdge } from './web/edge.ts';

const CLOSE_MS = 3_000;

const { HOST, PORT } = env();
const dev = process.env.NODE_ENV !== 'production';
// Whoever develops reads what Next prints as it prints it.
if (!dev) logConsole();
const app = next({
  dev,
  dir: resolve(import.meta.dirname, '..'),
  hostname: HOST,
  port: PORT,
});
await app.prepare();

// It takes the upgrades (hot reload) of the server too, from the first request on.
const answer = app.getRequestHandler();
const server = createEdge((request, response) => answer(request, response));
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
