/**
 * What was refused goes to the security log, bounded: whoever asks again and again must not fill the disk. Within a minute so many lines are written for each
 * kind and asker, and for all askers together; the rest are counted, and one line tells how many there were. Strangers, who come under as many addresses as
 * they like, and people with their keys have a bound each: nobody hides behind the noise of strangers.
 */
import {
  REFUSAL_LINES_PER_MINUTE,
  REFUSAL_LINES_PER_MINUTE_ALL,
  REFUSALS_ASKERS_MAX,
  REFUSALS_WINDOW_MS,
} from '#lib/core/limits.ts';
import { NOBODY } from '#lib/core/people/nobody.ts';
import { log } from '#lib/log.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity, type SecurityEvent } from '#lib/store/security/security.ts';
import type { Actor } from './actor.ts';

type Window = { event: Pick<SecurityEvent, 'kind' | 'by'>; lines: number; more: number };
type Side = { askers: Map<string, Window>; lines: number };
type Minute = { known: Side; strangers: Side };

// Next loads modules more than once, and the minute is one.
const state = globalThis as typeof globalThis & { countersignRefusals?: Minute };

/**
 * Tells the security log of a refusal. Never throws: whoever is refused is told so whatever becomes of the log.
 * @param asker whose lines are counted together: an actor's id, or a stranger's network
 */
export async function tellRefused(event: SecurityEvent, asker = event.by): Promise<void> {
  state.countersignRefusals ??= begin();
  const side = state.countersignRefusals[event.by === NOBODY.id ? 'strangers' : 'known'];
  const window = windowOf(side, event, asker);
  if (window.lines >= REFUSAL_LINES_PER_MINUTE || side.lines >= REFUSAL_LINES_PER_MINUTE_ALL) {
    window.more += 1;
    return;
  }
  window.lines += 1;
  side.lines += 1;
  await write(event);
}

/** Tells that an actor asked for what they may not do. `asked`: in words, or the method and path. */
export async function tellForbidden(actor: Actor, asked: string, about: string | null = null): Promise<void> {
  await tellRefused({ kind: 'refused', by: actor.id, about, facts: { asked, role: actor.role, via: actor.via } });
}

function windowOf({ askers }: Side, { kind, by }: SecurityEvent, asker: string): Window {
  const [key, own] = askers.size < REFUSALS_ASKERS_MAX ? [`${kind} ${asker}`, by] : [kind, NOBODY.id];
  const window = askers.get(key) ?? { event: { kind, by: own }, lines: 0, more: 0 };
  askers.set(key, window);
  return window;
}

/** A minute of refusals, at whose end what was only counted is told. */
function begin(): Minute {
  const side = (): Side => ({ askers: new Map(), lines: 0 });
  const minute = { known: side(), strangers: side() };
  const timer = setTimeout(() => {
    state.countersignRefusals = undefined;
    for (const { askers } of [minute.known, minute.strangers]) void tellCounted([...askers.values()]);
  }, REFUSALS_WINDOW_MS);
  timer.unref();
  return minute;
}

/** One line for each asker of whom more was refused; of too many askers, one for each kind. */
async function tellCounted(windows: readonly Window[]): Promise<void> {
  const counted = windows.filter(({ more }) => more > 0);
  for (const { event, more } of counted.slice(0, REFUSAL_LINES_PER_MINUTE_ALL)) await write({ ...event, facts: { more } });
  const rest = counted.slice(REFUSAL_LINES_PER_MINUTE_ALL).reduce((sum, { more }) => sum + more, 0);
  if (rest > 0) await write({ kind: 'refused', by: NOBODY.id, facts: { more: rest } });
}

async function write(event: SecurityEvent): Promise<void> {
  try {
    await recordSecurity(db(), event);
  } catch (err) {
    log.error({ err }, 'a refusal could not be written to the security log');
  }
}
