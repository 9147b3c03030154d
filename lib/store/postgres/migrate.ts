import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { CountersignError } from '#lib/core/errors.ts';
import { damageOf, databaseFault } from '#lib/core/fleet/database-fault.ts';
import { closeToOthers, grantToApplication } from './grants.ts';
import { applyMigrations } from './schema-engine.ts';
import { validateConstraints } from './unproven.ts';

export type DatabaseUrls = {
  /** The owner's: migrations only. */
  ownerUrl: string;
  /** The application's; the same as the owner's where there is only one. */
  appUrl: string;
};

export type Migrated = { applied: string[]; unproven: string[] };

/** The job queues (bells only: a job ends at the claim, so it is never retried). */
const QUEUES = {
  bell: { notify: true, retryLimit: 0, retentionSeconds: 3_600, deleteAfterSeconds: 60 },
} as const;

const LOCK = 0x436f_756e;

/**
 * Brings the database to this version: committed migrations, pg-boss's schema, the application role's rights. Several processes may
 * call it at once; they take turns. Gives the names of the migrations that were applied, and a sentence for each constraint that older rows do not meet.
 *
 * @throws CountersignError `unavailable` with PostgreSQL's words and what to check; PostgreSQL's own error where the database itself is at fault.
 */
export async function migrate({ ownerUrl, appUrl }: DatabaseUrls): Promise<Migrated> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  owner.on('error', () => {});
  try {
    await owner.connect();
    await owner.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const applied = await applyMigrations(ownerUrl);
    const unproven = await validateConstraints(owner);
    await installJobs(ownerUrl);
    const appRole = roleOf(appUrl);
    if (appRole !== roleOf(ownerUrl)) await grantToApplication(owner, appRole);
    await closeToOthers(owner);
    return { applied, unproven };
  } catch (error) {
    // What no migration is at fault for is told as what it is.
    if (isOfDatabase(error)) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new CountersignError(
      'unavailable',
      `The database could not be migrated: ${said}\nCheck that the migration role owns the database and may create schemas.`,
      {
        cause: error,
      },
    );
  } finally {
    // Ending the session gives the lock back.
    await owner.end().catch(() => {});
  }
}

/** A database that is away, full or damaged, or does not know the role, its password, or the database's name. */
function isOfDatabase(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return databaseFault(error) !== null || damageOf(error) !== null || (typeof code === 'string' && /^(28|3D)...$/.test(code));
}

function roleOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

async function installJobs(ownerUrl: string): Promise<void> {
  const boss = new PgBoss({ connectionString: ownerUrl, max: 2, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  try {
    for (const [name, options] of Object.entries(QUEUES)) {
      if (await boss.getQueue(name)) await boss.updateQueue(name, options);
      else await boss.createQueue(name, options);
    }
  } finally {
    await boss.stop({ graceful: false });
  }
}
