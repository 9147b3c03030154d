/**
 * `npm run bench ingest [-- --rows N | --quick]`, or `plan`, `persistence`, `export`, `verify`, and `classify`, `decide`, `examples`, `execute`, `http`, `scale`, `teach` or `ui [-- --items N | --quick]`: measures one thing, where it can
 * against its floor, in the same run and on the same PostgreSQL, and prints a single line of JSON on stdout (progress goes to stderr). Absolute figures say how fast this
 * machine is; ratios travel. `--keep FOLDER`: the database stays there, and `export` and `verify` find their batch in it the next time. `injections` is another matter (injections.ts).
 */

import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { threadsOf } from '#bin/threads.ts';
import { WEB_THREADS } from '#lib/core/limits.ts';
import { closeDb, db } from '#lib/store/postgres/db.ts';
import { startEmbedded } from '#lib/store/postgres/embedded.ts';
import { migrate } from '#lib/store/postgres/migrate.ts';
import type { Bench } from './bench.ts';
import { classify } from './classify.ts';
import { decide } from './decide.ts';
import { examples } from './examples.ts';
import { execute } from './execute.ts';
import { exporting } from './export.ts';
import { http } from './http.ts';
import { ingest } from './ingest.ts';
import { injections } from './injections.ts';
import { looks } from './looks.ts';
import { persistence } from './persistence.ts';
import { plan } from './plan.ts';
import { scale } from './scale.ts';
import { teach } from './teach.ts';
import { ui } from './ui.ts';
import { verify } from './verify.ts';

const BENCHES: Record<string, Bench> = {
  ingest,
  plan,
  classify,
  decide,
  examples,
  execute,
  http,
  export: exporting,
  verify,
  scale,
  teach,
  looks,
  persistence,
  ui,
};

/** How much smaller a quick run is. */
const QUICK = 20;

// It needs a model and no database, and takes other options.
if (process.argv[2] === 'injections') {
  await injections(process.argv.slice(3));
  process.exit();
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string' },
    items: { type: 'string' },
    batch: { type: 'string' },
    quick: { type: 'boolean' },
    keep: { type: 'string' },
  },
});
const name = positionals[0] ?? '';
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
const asked = bench && values[bench.of];
const full = bench && (values.quick ? bench.fullRows / QUICK : bench.fullRows);
const rows = asked === undefined ? full : Number(asked);
const batch = values.batch === undefined ? undefined : Number(values.batch);
if (!bench || !Number.isInteger(rows) || (rows ?? 0) < 1 || !(batch === undefined || (Number.isInteger(batch) && batch > 0))) {
  console.error(`npm run bench ${Object.keys(BENCHES).join('|')} [-- --${bench?.of ?? 'rows'} N | --quick]`);
  process.exit(2);
}

const folder = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'countersign-bench-')) : resolve(values.keep);
mkdirSync(folder, { recursive: true });
// As root the server runs as another user, who would otherwise be sent elsewhere, and his files stay there.
chmodSync(folder, 0o711);
const server = await startEmbedded({ dataDir: join(folder, 'data') });
try {
  await migrate(server);
  process.env.DATABASE_URL = server.appUrl;
  process.env.ORIGINALS_DIR = join(folder, 'originals');
  // The benchmarks' own target is on loopback.
  process.env.ALLOW_PRIVATE_TARGETS = '1';
  threadsOf(WEB_THREADS, null);
  const figures = await bench.run({
    rows: rows as number,
    ...(batch ? { batch } : {}),
    folder,
    server,
    say: (line) => console.error(`${name}: ${line}`),
  });
  const scaled = (rows as number) < bench.fullRows;
  const missed = Object.entries(bench.aims)
    .filter(([figure, aim]) => {
      const value = Number(figures[figure]);
      return !('least' in aim ? value >= aim.least : value <= aim.most);
    })
    .map(([figure]) => figure);
  const aims = { aims: bench.aims, missed, met: !scaled && missed.length === 0 };
  console.log(JSON.stringify({ bench: name, [bench.of]: rows, ...figures, scaled, ...aims, machine: await machineOf() }));
} finally {
  await closeDb();
  await server.stop();
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}

async function machineOf(): Promise<object> {
  const { rows } = await db().pool.query<{ server_version: string }>('SHOW server_version');
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    /** of other programs too: what waited for a core in the last five minutes, on average */
    load: Number(loadavg()[1]?.toFixed(1)),
    node: process.version,
    postgresql: rows[0]?.server_version,
  };
}
