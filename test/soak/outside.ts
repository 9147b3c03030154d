/**
 * The soak's targets that are no web services: rows in a PostgreSQL of somebody else, and mails in a Dovecot. Each keeps a record of its own of what was done to it, by which
 * the judge goes: a trigger's log there, and what Dovecot itself answered here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { makeConnection } from '#lib/steps/connections/make-connection.ts';
import { type Command, dovecotFolder, type Met, startDovecot } from '#test/mailbox/dovecot.ts';
import { mailbox } from '#test/mailbox/reader.ts';
import type { Mode } from '#test/target.ts';
import { changesTold, makeTheirDatabase, toldByTrigger } from '#test/their-database.ts';
import { ADA, idOf, type SoakBatch } from './batches.ts';
import type { Happened, Witness } from './oracle.ts';
import { startProxy } from './proxy.ts';
import type { Random } from './random.ts';
import { patiently, type SoakServer } from './server.ts';

export type Outside = Witness & {
  /** What the items of a batch are there, before it is planned. */
  put(own: string, ordinals: readonly number[]): Promise<void>;
  /** From now on what is done to `times` items of these is met so. */
  modeOf(own: string, mode: Mode, times: number): Promise<void>;
  /** A blow that belongs to no batch. */
  jolt(random: Random): Promise<void>;
  /** Resolves when everything that had come by now is carried out or was not. */
  decided(): Promise<void>;
  /** What is there now against the record: each entry is a lie of the record's. */
  amiss(): Promise<string[]>;
  stop(): Promise<void>;
};

/** By which a plan's action names it. */
export const ROWS = 'rows';
export const MAILS = 'mails';

/** Rows in a database of somebody else, on the soak's own server: where that goes away, so does this. */
export async function startRows(server: SoakServer): Promise<Outside> {
  const theirs = await makeTheirDatabase(server.superUrl(), THEIRS);
  const wire = await startProxy(server.port);
  const { user: username, password } = theirs;
  await makeConnection(ADA, {
    ...{ name: ROWS, connector: 'sql', address: theirs.address(wire.port) },
    ...{ auth: { kind: 'basic', username }, secrets: { password } },
  });
  const ask = (text: string, values: unknown[] = []) => patiently(() => theirs.pool.query(text, values));
  const ended = (): Promise<unknown> =>
    ask('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [username]);
  return {
    async put(own, ordinals) {
      const ids = ordinals.map((ordinal) => idOf(own, ordinal));
      for (const table of ['things', 'spare'])
        await ask(`INSERT INTO ${table} (id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, [ids]);
    },
    async modeOf(own, mode, times) {
      if (mode === 'hang') wire.dropStatement(/COMMIT\0/, () => {});
      else if (mode === 'refuse' || mode === 'deny')
        await ask(
          'INSERT INTO refused SELECT id FROM things WHERE starts_with(id, $1) ORDER BY id LIMIT $2 ON CONFLICT DO NOTHING',
          [...[`${own}.`, times]],
        );
      else if (mode !== 'ok') wire.dropAnswerOf(/COMMIT\0/, () => {});
    },
    async jolt(random) {
      if (random.below(3) === 0) await ended();
      else if (random.below(2) === 0) wire.dropAnswerOf(/COMMIT\0/, () => {});
      else
        wire.dropStatement(
          random.pick([/COMMIT\0/, /(UPDATE|DELETE FROM) "public"/, /INSERT INTO public.countersign/]),
          () => {},
        );
    },
    async decided() {
      const open = `SELECT pid || ' ' || xact_start AS one FROM pg_stat_activity WHERE usename = $1 AND xact_start IS NOT NULL`;
      const under = async () => (await ask(open, [username])).rows.map(({ one }) => one as string);
      const asked = await under();
      for (let now = asked; now.some((one) => asked.includes(one)); now = await under()) await sleep(10);
    },
    async happenedIn(pool, batch) {
      const intents = await intentsAround(pool, batch);
      const all = await patiently(() => changesTold(theirs.pool));
      return all.flatMap(({ row, key, at }): Happened[] => {
        const ordinal = ordinalOf(batch.own, row);
        if (ordinal === null) return [];
        const of = intents.find((intent) => intent.key === key);
        if (of ? of.batchId !== batch.batchId : batch.name !== batch.own) return [];
        return [{ target: 'rows', key, ordinal, at, effect: true }];
      });
    },
    forget() {},
    // The record and the effect are one transaction of that database.
    amiss: async () => [],
    async stop() {
      wire.close();
      await theirs.drop();
    },
  };
}

const THEIRS = `
  CREATE TABLE things (id text PRIMARY KEY, state text NOT NULL DEFAULT 'new');
  CREATE TABLE spare (id text PRIMARY KEY, kept timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE refused (id text PRIMARY KEY);
  CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    IF EXISTS (SELECT FROM refused WHERE id = OLD.id) THEN RAISE EXCEPTION 'not this one' USING ERRCODE = 'check_violation'; END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER refusing BEFORE UPDATE OR DELETE ON things FOR EACH ROW EXECUTE FUNCTION refused();
  CREATE TRIGGER refusing BEFORE UPDATE OR DELETE ON spare FOR EACH ROW EXECUTE FUNCTION refused();
  ${toldByTrigger(['things', 'spare'], 'id')}
  GRANT SELECT, UPDATE ON things TO ROLE_OF_THE_PRODUCT;
  GRANT SELECT, INSERT, DELETE ON spare TO ROLE_OF_THE_PRODUCT;
`;

const [USER, PASSWORD] = ['ada', 'of the soak'];

/** Mails in a real Dovecot, a line of whose own says what became of each command; or why there is none here. */
export async function startMails(): Promise<Outside | { missing: string }> {
  const found = dovecotFolder();
  if ('missing' in found) return found;
  const met = new Map<string, { how: Met; times: number }>();
  const ids = new Map<string, string>();
  const idIn = ({ folder, command }: Command): string | undefined => ids.get(`${folder} ${/^UID \S+ (\d+) /.exec(command)?.[1]}`);
  const meet = (command: Command): Met => {
    follow();
    const id = idIn(command) ?? '';
    const own = met.get(id.slice(0, id.lastIndexOf('.')));
    if (!own || own.times === 0) return 'pass';
    own.times -= 1;
    return own.how;
  };
  const dovecot = await startDovecot(found.root, { user: USER, password: PASSWORD, latencyMs: 15, meet });
  /** Which mail is where, by what Dovecot answered so far. A UID is never given twice, so that what was is kept. */
  const moved: { at: number; id: string; to: string | null }[] = [];
  const places = new Map<string, string>();
  let open: Command[] = [];
  let read = 0;
  const follow = (): void => {
    const rest = [...open, ...dovecot.commands.slice(read)];
    read = dovecot.commands.length;
    open = rest.filter((command) => {
      if (command.answer === null) return true;
      const [, , to] = /\[COPYUID \d+ (\d+) (\d+)\]/.exec(command.answer) ?? [];
      const folder = /^UID MOVE \d+ "?([^"]+)"?$/.exec(command.command)?.[1] ?? '';
      const id = idIn(command);
      if (id === undefined || to === undefined) return false;
      ids.set(`${folder} ${to}`, id);
      places.set(id, folder);
      moved.push({ at: command.at, id, to: folder });
      return false;
    });
  };
  /** So many mails are being put there: a line that is cut then would leave nobody knowing whether one is. */
  let putting = 0;
  await makeConnection(ADA, {
    ...{ name: MAILS, connector: 'imap', address: `imap+plain://127.0.0.1:${dovecot.port}` },
    ...{ auth: { kind: 'basic', username: USER }, secrets: { password: PASSWORD } },
  });
  return {
    async put(own, ordinals) {
      putting += 1;
      const person = await mailbox(dovecot.port, { user: USER, password: PASSWORD });
      for (const ordinal of ordinals) {
        const id = idOf(own, ordinal);
        const uid = await person.append('INBOX', id, 'hello\r\n');
        ids.set(`INBOX ${uid}`, id);
        places.set(id, 'INBOX');
      }
      await person.end();
      putting -= 1;
    },
    async modeOf(own, mode, times) {
      met.set(own, { how: MET[mode], times });
    },
    async jolt() {
      if (putting === 0) dovecot.cut();
    },
    decided: () => dovecot.decided(),
    async happenedIn(pool, batch) {
      await dovecot.decided();
      follow();
      const intents = await intentsAround(pool, batch);
      const mine = (id: string | undefined, at: number): { ordinal: number; key: string | null } | null => {
        const ordinal = id === undefined ? null : ordinalOf(batch.own, id);
        if (ordinal === null) return null;
        // A mail server knows no keys: a command is of the attempt that was begun last.
        const of = intents.findLast((intent) => intent.ordinal === ordinal && Math.floor(intent.at) <= at);
        if (of ? of.batchId !== batch.batchId : batch.name !== batch.own) return null;
        return { ordinal, key: of?.key ?? null };
      };
      const effects = moved.flatMap(({ id, at, to }): Happened[] => {
        const one = mine(id, at);
        // An undo puts back, and everything else puts away: the other way is nobody's.
        const meant = batch.isUndo === (to === 'INBOX');
        return one ? [{ target: 'mails', ...one, ...(!meant && { key: null }), at, effect: true }] : [];
      });
      const sent = dovecot.commands.flatMap((command): Happened[] => {
        const one = mine(idIn(command), command.at);
        return one ? [{ target: 'mails', ...one, at: command.at, effect: 'sent' }] : [];
      });
      return [...effects, ...sent];
    },
    forget() {},
    async amiss() {
      await dovecot.quiet();
      follow();
      const box = await mailbox(dovecot.port, { user: USER, password: PASSWORD });
      const there = new Map<string, string[]>();
      for (const folder of ['INBOX', 'Archive'])
        for (const id of await box.ids(folder)) there.set(id, [...(there.get(id) ?? []), folder]);
      await box.end();
      return [...places].flatMap(([id, folder]) => {
        const now = there.get(id) ?? [];
        return now.length === 1 && now[0] === folder
          ? []
          : [`${id} is in ${now.join(' and ') || 'no folder'}, and should be in ${folder}`];
      });
    },
    stop: () => dovecot.stop(),
  };
}

const MET: Readonly<Record<Mode, Met>> = {
  ...{ ok: 'pass', '500-after': 'cut', 'timeout-after': 'swallow', 'reset-after': 'cut', 'at-it': 'cut' },
  ...{ refuse: 'refuse', deny: 'refuse', hang: 'hang' },
};

type Intent = { batchId: string; ordinal: number; key: string; at: number };

/** Of every batch over the rows of this one, in the order of their commits: its undos, and what was reviewed again. */
async function intentsAround(pool: pg.Pool, { batchId }: SoakBatch): Promise<Intent[]> {
  const { rows } = await pool.query<Intent>(
    `SELECT r.batch_id AS "batchId", r.ordinal, convert_from(r.body, 'UTF8')::jsonb ->> 'idempotencyKey' AS key,
       (extract(epoch FROM pg_xact_commit_timestamp(r.xmin)) * 1000)::float8 AS at
     FROM receipt r JOIN batch b ON b.id = r.batch_id WHERE b.dataset_id = (SELECT dataset_id FROM batch WHERE id = $1) AND r.kind = 'intent' ORDER BY at`,
    [batchId],
  );
  return rows;
}

/** The number of the item, where it is one of this batch's dataset. */
function ordinalOf(own: string, id: string): number | null {
  return id.startsWith(`${own}.`) ? Number(id.slice(own.length + 1)) : null;
}
