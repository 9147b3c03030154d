/** A database of somebody else: what a connection of kind sql leads to. What it keeps of itself is what a judge asks; the product knows nothing of it. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { effectsStatements } from '#lib/store/targets/probe.sql.ts';

export type TheirDatabase = {
  /** its owner's connections, for what the product never asks itself */
  pool: pg.Pool;
  host: string;
  port: number;
  database: string;
  /** whom the product signs in as */
  user: string;
  password: string;
  /** as a connection has it, through another port where one is given */
  address(port?: number): string;
};

/** Made with these statements over a superuser's address; `drop` ends it. `effects`: with countersign_effects. */
export async function makeTheirDatabase(
  superUrl: string,
  statements: string,
  effects = true,
): Promise<TheirDatabase & { drop(): Promise<void> }> {
  const name = `their_${randomBytes(6).toString('hex')}`;
  const [user, password] = [`role_${name}`, randomBytes(12).toString('hex')];
  const asBoss = async (...commands: string[]): Promise<void> => {
    const boss = new pg.Client({ connectionString: superUrl });
    await boss.connect();
    for (const command of commands) await boss.query(command);
    await boss.end();
  };
  await asBoss(
    `CREATE ROLE ${user} LOGIN PASSWORD '${password}'`,
    `CREATE DATABASE ${name} TEMPLATE template0 STRATEGY FILE_COPY`,
  );
  const url = new URL(superUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 4 });
  pool.on('error', () => {});
  await pool.query(statements.replaceAll('ROLE_OF_THE_PRODUCT', user));
  if (effects) await pool.query(effectsStatements(user).join('\n'));
  const port = Number(url.port);
  const address = (through = port): string => `postgresql://127.0.0.1:${through}/${name}?sslmode=disable`;
  const drop = async (): Promise<void> => {
    await pool.end();
    await asBoss(`DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${user}`);
  };
  return { pool, host: '127.0.0.1', port, database: name, user, password, address, drop };
}

/** A change of a row as a trigger of theirs told it. `key`: of the effect that was kept in the same transaction; null where there was none. `at`: its commit, in ms. */
type Told = { row: string; key: string | null; at: number };

/** Statements for a log of their own, in which a trigger tells each change that anybody but its owner makes to one of `tables`: by its column `column`. */
export const toldByTrigger = (tables: readonly string[], column: string): string => `
  CREATE TABLE changes (seq bigserial, what text NOT NULL);
  CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    IF session_user <> current_user THEN INSERT INTO changes (what) VALUES (coalesce(NEW.${column}, OLD.${column})); END IF;
    PERFORM pg_sleep(0.1);
    RETURN NULL;
  END $$;
  ${tables.map((table) => `CREATE TRIGGER telling AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION told();`).join('\n')}`;

/** All that the trigger told, in its order. The server must keep commit times. */
export async function changesTold(pool: pg.Pool): Promise<Told[]> {
  const { rows } = await pool.query<Told>(
    `SELECT c.what AS row, e.key, (extract(epoch FROM pg_xact_commit_timestamp(c.xmin)) * 1000)::float8 AS at
     FROM changes c LEFT JOIN countersign_effects e ON e.xmin = c.xmin AND e.result = 'done' ORDER BY c.seq`,
  );
  return rows;
}
