/** Whether this web process can do its work: what /readyz asks. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { READY_MS } from '#lib/core/limits.ts';
import { log } from '#lib/log.ts';
import { missingMigrations } from '#lib/store/fleet/readiness.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

// Next loads modules more than once: what the process was told has to be there for each copy, and the database is asked once for all.
const state = globalThis as typeof globalThis & { countersignReady?: { migrations: string[]; asked: Promise<boolean> | null } };

/** Names the folder of the migrations that this version needs. Called once, when the process starts. */
export function expectMigrations(folder: string): void {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  state.countersignReady = { migrations: folders.map(({ name }) => name), asked: null };
}

/**
 * Whether the database answers within READY_MS and has every migration. Asked of the database at most once in READY_MS, however many ask here: anybody
 * may. Why not is said to the log alone.
 */
export function isReady(): Promise<boolean> {
  state.countersignReady ??= { migrations: [], asked: null };
  const { countersignReady: ready } = state;
  if (ready.asked) return ready.asked;
  const asked = ask(ready.migrations);
  ready.asked = asked;
  void sleep(READY_MS, undefined, { ref: false }).then(() => {
    if (ready.asked === asked) ready.asked = null;
  });
  return asked;
}

async function ask(migrations: readonly string[]): Promise<boolean> {
  try {
    const missing = await Promise.race([missingMigrations(db().pool, migrations), sleep(READY_MS, null, { ref: false })]);
    if (missing?.length === 0) return true;
    log.warn({ missing }, missing === null ? 'not ready: the database does not answer' : 'not ready: migrations are missing');
  } catch (err) {
    log.warn({ err }, 'not ready: the database can’t be asked');
  }
  return false;
}
