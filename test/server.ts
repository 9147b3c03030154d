import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { lockFolder } from '#lib/store/postgres/embedded/lock.ts';
import { isPostmasterOf } from '#lib/store/postgres/embedded/process.ts';
import { startEmbedded } from '#lib/store/postgres/embedded.ts';
import { migrate } from '#lib/store/postgres/migrate.ts';
import { copyFolder } from './copy-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connections to the migrated database `countersign`, which each test file clones. */
    server: { superUrl: string; ownerUrl: string; appUrl: string };
    /** The same as a stopped DATA_DIR, to be copied by tests that break one. */
    template: string;
  }
}

const YOUNG_MS = 60_000;
const PREFIX = join(tmpdir(), 'countersign-test-');

type Running = { urls: { superUrl: string; ownerUrl: string; appUrl: string }; template: string; end: () => Promise<void> };
const run = globalThis as typeof globalThis & { countersignServer?: { running: Promise<Running>; projects: number } };

/** One real PostgreSQL for the whole run, its database migrated once; the last project that used it ends it. */
export default async function startServer(project: TestProject): Promise<() => Promise<void>> {
  run.countersignServer ??= { running: start(), projects: 0 };
  const server = run.countersignServer;
  server.projects += 1;
  const { urls, template, end } = await server.running;
  project.provide('server', urls);
  project.provide('template', template);
  return async () => {
    server.projects -= 1;
    if (server.projects === 0) await end();
  };
}

async function start(): Promise<Running> {
  sweep();
  const dataDir = mkdtempSync(PREFIX);
  // As root the server runs as another user, who would otherwise be sent elsewhere.
  chmodSync(dataDir, 0o711);
  // Nobody pulls its plug: what it keeps outlives no crash of the machine, so a clone for a file costs no wait for the disk. Tests of what is kept start one
  // of their own, with the product's settings. Little of its log is kept for later, for it is copied with the template, and may lie in memory.
  const settings = {
    shared_buffers: '64MB',
    track_commit_timestamp: 'on',
    fsync: 'off',
    full_page_writes: 'off',
    min_wal_size: '32MB',
    max_wal_size: '256MB',
    // A run opens a thousand connections: four thousand rounds of a hash for each, on both sides, keep no secret here.
    scram_iterations: '1',
    // Nothing is kept for so long.
    autovacuum: 'off',
  };
  const options = { dataDir, settings };
  const template = join(dataDir, 'template');
  let server = await startEmbedded(options);
  const end = async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await migrate(server);
    // Copied while it is stopped, so that no other test has to wait for initdb and migrations.
    await server.stop();
    mkdirSync(template, { mode: 0o711 });
    for (const name of ['postgres', 'postgres.json']) copyFolder(join(dataDir, name), join(template, name));
    server = await startEmbedded(options);
  } catch (error) {
    await end();
    throw error;
  }
  const { superUrl, ownerUrl, appUrl } = server;
  return { urls: { superUrl, ownerUrl, appUrl }, template, end };
}

/** Ends what test runs that were killed left behind: their parent is gone, so nobody else will. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(basename(PREFIX)))) {
    const root = join(tmpdir(), name, 'postgres');
    try {
      // A run that has just begun may not hold its lock yet.
      if (Date.now() - statSync(root).mtimeMs < YOUNG_MS) continue;
      lockFolder(root).release();
      const pid = Number(readFileSync(join(root, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
      if (isPostmasterOf(pid, join(root, 'data'))) process.kill(pid, 'SIGQUIT');
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // In use by a run that lives, or not fully there.
    }
  }
}
