/** The web server's process; bin/start.ts starts it and hears `ready` over IPC. */

import type { Server } from 'node:http';
import { resolve } from 'node:path';
import next from 'next';
import { WEB_JOB_WAIT_MS, WEB_JOBS_WAITING_MAX, WEB_THREADS } from '#lib/core/limits.ts';
import { startDownloadThread } from '#lib/engine/download-thread.ts';
import { env } from '#lib/env.ts';
import { logConsole } from '#lib/log.ts';
import { expectMigrations } from '#lib/steps/fleet/read-readiness.ts';
import { keepTelling } from '#lib/steps/notices/keep-telling.ts';
import { answerTheStart, sayReady, whenTheStartIsGone } from './start/parent.ts';
import { threadsOf } from './threads.ts';
import { createEdge } from './web/edge.ts';

const CLOSE_MS = 3_000;

let server: Server | undefined;
let closing = false;
const telling = new AbortController();
process.on('SIGTERM', close);
process.on('SIGINT', close);
// Preparing takes seconds: a start that is killed meanwhile must not leave a server that begins to listen.
whenTheStartIsGone(close);
answerTheStart();

const { HOST, PORT } = env();
const dev = process.env.NODE_ENV !== 'production';
// Whoever develops reads what Next prints as it prints it.
if (!dev) logConsole();
// What Next bundles finds them here: it must not bundle a thread's program.
threadsOf(WEB_THREADS, { jobs: WEB_JOBS_WAITING_MAX, ms: WEB_JOB_WAIT_MS });
startDownloadThread(resolve(import.meta.dirname, 'download-thread.ts'));
const app = next({
  dev,
  dir: resolve(import.meta.dirname, '..'),
  hostname: HOST,
  port: PORT,
});
// Next's own copy of our modules knows no folder of ours.
expectMigrations(resolve(import.meta.dirname, '..', 'prisma', 'migrations'));
await app.prepare();

// It takes the upgrades (hot reload) of the server too, from the first request on.
const answer = app.getRequestHandler();
server = createEdge((request, response) => answer(request, response));
server.once('error', (error) => {
  console.error(`The web server can't listen on ${HOST}:${PORT}: ${error.message}`);
  process.exit(1);
});
server.listen(PORT, HOST, sayReady);
void keepTelling(telling.signal);

async function close(): Promise<void> {
  if (closing) return;
  closing = true;
  telling.abort();
  if (!server?.listening) process.exit(0);
  const open = server;
  // Live pages hold their connection open for ever: they get a moment, and come back by themselves.
  const patience = setTimeout(() => {
    open.closeAllConnections();
    // Upgraded connections are no longer the server's to close.
    setTimeout(() => process.exit(0), CLOSE_MS / 10);
  }, CLOSE_MS);
  await new Promise<void>((done) => {
    open.close(() => done());
    open.closeIdleConnections();
  });
  clearTimeout(patience);
  process.exit(0);
}
