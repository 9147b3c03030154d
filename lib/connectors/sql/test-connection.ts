/** The test button of a connection to a PostgreSQL, and the one that makes `countersign_effects` there for whoever asks for it. */
import type { Tested } from '#lib/connectors/port.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import type { TargetClient } from '#lib/store/targets/effects.sql.ts';
import { readOnly } from '#lib/store/targets/looks.sql.ts';
import { onTarget } from '#lib/store/targets/pools.ts';
import { effectsStatements, makeEffects, type Probed, probe } from '#lib/store/targets/probe.sql.ts';
import { faultOf } from './answers.ts';
import { whyNot } from './look.ts';
import { tableText } from './parts.ts';
import type { Targets } from './target.ts';

/** Version 12 has the columns of the catalogue that are asked for. */
const OLDEST = 120_000;

/** `prepare`: makes the table of effects first, where it is missing and our role may. Never throws for what the database says. */
export async function testConnection(
  targets: Targets,
  live: LiveConnection,
  signal: AbortSignal,
  prepare = false,
): Promise<Tested> {
  const pool = targets.of(live);
  if ('reason' in pool) return { ok: false, reason: whyNot(pool.reason) };
  try {
    return await onTarget(pool, signal, async (one) => {
      const client = one as unknown as TargetClient;
      const found = await readOnly(client, () => probe(client));
      if (!prepare || found.effects !== 'missing' || !found.mayCreate) return testedOf(found);
      await makeEffects(client, found.role);
      return testedOf(await readOnly(client, () => probe(client)));
    });
  } catch (error) {
    return { ok: false, reason: whyNot(signal.aborted ? 'timeout' : faultOf(error).reason) };
  }
}

const EFFECTS_WORDS: Record<Probed['effects'], string> = {
  ready: 'The table countersign_effects is there and may be written.',
  missing: 'The table countersign_effects is not there: make it with these statements.',
  refused: 'The table countersign_effects is there, and the role may not read and write it: grant it.',
  otherwise: 'There is a table countersign_effects, and it is not what is needed: rename it, and make it with these statements.',
};

function testedOf(found: Probed): Tested {
  const { version, number, role, encoding, readOnly: standby, effects, mayCreate, tables } = found;
  const says = `PostgreSQL ${version}, as ${role}.`;
  const offers = {
    tables: tables.map((table) => ({ name: tableText(table), columns: table.columns, key: table.key, triggers: table.triggers })),
  };
  if (number < OLDEST) return { ok: false, reason: `${says} Version 12 or a later one is needed.`, offers };
  if (encoding === 'SQL_ASCII')
    return { ok: false, reason: `${says} Its encoding is SQL_ASCII: a row could not be kept as it is.`, offers };
  if (standby) return { ok: false, reason: `${says} It is a standby, which takes no writes.`, offers };
  const reason = `${says} ${EFFECTS_WORDS[effects]}`;
  if (effects === 'ready') return { ok: true, reason, offers };
  const statements = effects === 'refused' ? effectsStatements(role).slice(1) : effectsStatements(role);
  return { ok: false, reason, offers: { ...offers, statements, mayPrepare: effects === 'missing' && mayCreate } };
}
