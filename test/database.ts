import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { threadsOf } from '#bin/threads.ts';
import { PrismaClient } from '#lib/store/generated/client.ts';
import { closeDb, type Db, openPool } from '#lib/store/postgres/db.ts';
import { jobsHere } from './jobs-here.ts';
import { FULL } from './size.ts';

export type TestDatabase = Db & {
  /** The owner's connections: for what a test has to arrange behind the application's back. */
  ownerPool: pg.Pool;
  /** The superuser's. */
  superPool: pg.Pool;
  /** The application role's URL. */
  url: string;
  ownerUrl: string;
};

/**
 * A database of its own for one test file, cloned from the migrated one and dropped afterwards. Call it at the top of the file:
 * `const { prisma, pool } = await testDatabase();`
 * @param program what threads run; without one `npm test` does their jobs here (test/jobs-here.ts)
 */
export async function testDatabase(program?: string): Promise<TestDatabase> {
  const server = inject('server');
  const name = `test_${randomBytes(6).toString('hex')}`;
  // Its files are copied: through the log, which is PostgreSQL's usual way, it costs twice as much.
  await asSuper(`CREATE DATABASE ${name} TEMPLATE countersign OWNER countersign_owner STRATEGY FILE_COPY`);
  const [url, ownerUrl, superUrl] = [server.appUrl, server.ownerUrl, server.superUrl].map((address) =>
    withDatabase(address, name),
  ) as [string, string, string];
  const opened = openHere(url);
  // The steps find it as they find the product's: a test file is a process of its own.
  process.env.DATABASE_URL = url;
  // Beside the server's files, which a later run takes away if this one is killed.
  const originals = join(dirname(inject('template')), `originals-${name}`);
  process.env.ORIGINALS_DIR = originals;
  const ofTheProcess = { countersignEnv: undefined, countersignAuth: undefined, countersignMetrics: undefined };
  Object.assign(globalThis, { ...ofTheProcess, countersignDb: opened });
  // One is started when it is needed, with the environment of that moment.
  const threads = program || FULL ? threadsOf(1, null, program) : jobsHere();
  const [ownerPool, superPool] = [ownerUrl, superUrl].map((connectionString) => new pg.Pool({ connectionString, max: 4 })) as [
    pg.Pool,
    pg.Pool,
  ];
  // A connection that is still closing when its database is dropped, or that a test cuts.
  for (const pool of [ownerPool, superPool]) pool.on('error', () => {});
  afterAll(async () => {
    await threads.end();
    await closeDb(opened);
    await Promise.all([ownerPool.end(), superPool.end()]);
    await asSuper(`DROP DATABASE ${name} WITH (FORCE)`);
    rmSync(originals, { recursive: true, force: true });
  });
  return { ...opened, ownerPool, superPool, url, ownerUrl };
}

/** What the process's one client asks: the pool of the file that runs. */
class PoolOfTheFile extends pg.Pool {
  pool: pg.Pool | null = null;

  constructor() {
    super({ max: 1 });
    // pg declares these with many signatures; the adapter calls each with one.
    this.query = ((asked: pg.QueryConfig) => this.#now().query(asked)) as typeof this.query;
    this.connect = (() => this.#now().connect()) as typeof this.connect;
  }

  #now(): pg.Pool {
    if (this.pool === null) throw new Error('The test file is over, and its database is gone.');
    return this.pool;
  }
}

let shared: { client: PrismaClient; of: PoolOfTheFile } | undefined;

/** As `openDb`, over one client for all files of this process: each of its own would compile every query anew, and keep 4 MB. */
function openHere(url: string): Db {
  const pool = openPool(url);
  if (!shared) {
    const of = new PoolOfTheFile();
    shared = { client: new PrismaClient({ adapter: new PrismaPg(of) }), of };
  }
  const { client, of } = shared;
  of.pool = pool;
  return {
    pool,
    prisma: client,
    disconnect: async () => {
      of.pool = null;
    },
  };
}

function withDatabase(address: string, name: string): string {
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.href;
}

let boss: pg.Client | undefined;

/** On one connection of this process, which makes and drops the databases of all its files; it ends with the server. */
async function asSuper(sql: string): Promise<void> {
  if (!boss) {
    const client = new pg.Client({ connectionString: inject('server').superUrl });
    client.on('error', () => {
      boss = undefined;
    });
    await client.connect();
    boss = client;
  }
  await boss.query(sql);
}
