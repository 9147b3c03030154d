/** What of people's data somebody read or took with them goes to the security log. */
import { READS_REMEMBERED_MAX } from '#lib/core/limits.ts';
import type { SecurityKind } from '#lib/core/people/security-kinds.ts';
import { log } from '#lib/log.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity, type SecurityEvent } from '#lib/store/security/security.ts';
import type { Actor } from './actor.ts';

const HOUR_MS = 60 * 60 * 1000;

/** What this process told within the hour, by its clock: nobody asks the database for each page. Two processes' clocks are told apart by the row's `once`. */
const told = new Map<string, number>();

/**
 * Tells, once an hour and person, that they opened a dataset or a batch, or searched. Never throws: what there is can be read while nothing can be written, a
 * full disk for one, and the server's log says what is missing.
 */
export async function tellOpened(
  actor: Actor,
  kind: Extract<SecurityKind, 'dataset_opened' | 'batch_opened' | 'searched'>,
  about: { id: string; name: string } | null = null,
): Promise<void> {
  const what = about === null ? null : `${kind.slice(0, kind.indexOf('_'))}:${about.id}`;
  const key = `${kind} ${actor.id} ${what ?? ''}`;
  if (performance.now() - (told.get(key) ?? Number.NEGATIVE_INFINITY) < HOUR_MS) return;
  await tell(
    async () => {
      const hour = (await databaseTime(db())).toISOString().slice(0, 13);
      return {
        kind,
        by: actor.id,
        about: what,
        facts: { ...(about && { name: about.name }), via: actor.via },
        once: `${key} ${hour}`,
      };
    },
    () => {
      if (told.size >= READS_REMEMBERED_MAX) told.clear();
      told.set(key, performance.now());
    },
  );
}

/** Tells of a file that somebody took with them. Never throws, as `tellOpened`. */
export async function tellDownloaded(actor: Actor, about: string | null, facts: SecurityEvent['facts'] = {}): Promise<void> {
  await tell(() => ({ kind: 'downloaded', by: actor.id, about, facts: { ...facts, via: actor.via } }));
}

async function tell(event: () => SecurityEvent | Promise<SecurityEvent>, done: () => void = () => {}): Promise<void> {
  try {
    await recordSecurity(db(), await event());
    done();
  } catch (err) {
    log.error({ err }, 'what somebody read could not be written to the security log');
  }
}
