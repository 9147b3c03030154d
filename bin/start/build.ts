import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError } from '#lib/core/errors.ts';
import { type FolderLock, lockFolder } from '#lib/store/postgres/embedded/lock.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
/** What the production build is made of. */
const SOURCES = [
  'app',
  'components',
  'lib',
  'public',
  'prisma/schema',
  'proxy.ts',
  'bin/start/contract-of-browser.ts',
  'next.config.js',
  'postcss.config.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const STAMP = join(ROOT, '.next', 'countersign-source');
/** What Next writes last. */
const BUILD_ID = join(ROOT, '.next', 'BUILD_ID');
const WAIT_MS = 1_000;

/**
 * Makes a production build when there is none for this source; false when the one that is there was right. Throws `unavailable` with what
 * the build said, or an AbortError.
 */
export async function ensureBuild(log: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const source = digestOfSources();
  if (isBuilt(source)) return false;
  const lock = await waitForTurn(log, signal);
  try {
    // Another start of the same clone may have built it while we waited.
    if (isBuilt(source)) return false;
    log('making a production build, which takes about a minute and is done once for this source');
    await run([join(ROOT, 'bin', 'generate.ts')], signal);
    const next = join(dirname(createRequire(import.meta.url).resolve('next/package.json')), 'dist', 'bin', 'next');
    const said = await run([next, 'build', ROOT], signal);
    // A build whose processes were ended under it says nothing of that.
    if (!existsSync(BUILD_ID)) throw failed(['next', 'build'], said);
    writeFileSync(STAMP, source);
    return true;
  } finally {
    lock.release();
  }
}

function isBuilt(source: string): boolean {
  return existsSync(BUILD_ID) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === source;
}

function digestOfSources(): string {
  const hash = createHash('sha256').update(process.version);
  for (const path of SOURCES.map((name) => join(ROOT, name)).flatMap(filesUnder)) {
    const content = readFileSync(path);
    hash.update(`${relative(ROOT, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesUnder(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(dirname(path), { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && join(dirname(path), entry.name) === path)) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(ROOT, 'lib', 'store', 'generated')))
    .sort();
}

async function waitForTurn(log: (line: string) => void, signal: AbortSignal): Promise<FolderLock> {
  const folder = join(ROOT, 'node_modules', '.cache', 'countersign-build');
  mkdirSync(folder, { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      return lockFolder(folder);
    } catch (error) {
      if (!(error instanceof CountersignError && error.code === 'locked')) throw error;
      if (!waited) log('another start of this clone is building: waiting for it');
      await sleep(WAIT_MS, undefined, { signal });
    }
  }
}

/**
 * Ends a program of others that outlives us: it would go on to write where the next start builds. Processes that it begins get the same argument, and
 * are left as they are: their channel is their own.
 */
const END_WITH_US = `data:text/javascript,${encodeURIComponent(
  `if (process.ppid === ${process.pid}) { process.on('disconnect', () => process.exit(1)); process.channel?.unref(); }`,
)}`;

/** Runs a program of Node and gives what it said. Throws with that if it failed. */
async function run(args: string[], signal: AbortSignal): Promise<string> {
  const child = spawn(process.execPath, ['--import', END_WITH_US, ...args], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    signal,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<number | null>((done, fail) => child.once('close', done).once('error', fail));
  if (code !== 0) throw failed(args.slice(0, 2), said);
  return said;
}

function failed(program: string[], said: string): CountersignError {
  return new CountersignError('unavailable', `The production build failed (${program.join(' ')}):\n${said.trim()}`);
}
