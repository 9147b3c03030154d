/** Programs that are kept running, and those that keep them: killed, frozen, gone. Real processes, without a database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { processLife } from '#lib/store/postgres/embedded/process.ts';
import { eventually } from '#test/crash/workers.ts';
import { atSize, FULL } from '#test/size.ts';
import { type Keeper, type KeepOptions, keepRunning } from './children.ts';
import { endLeftoverWebServer, noteWebServer } from './leftover.ts';
import { WEB_FLAGS } from './web-flags.ts';

let folder: string;
let keeper: Keeper | undefined;
const children: ChildProcess[] = [];
const lines: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign children '));
  lines.length = 0;
});
afterEach(async () => {
  vi.useRealTimers();
  await keeper?.stop(1_000);
  keeper = undefined;
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const PARENT = JSON.stringify(resolve(import.meta.dirname, 'parent.ts'));

/** A program that says that it is ready and writes its id down then, kept running. */
function keep(options: Partial<KeepOptions> = {}): void {
  const file = join(folder, 'program.mjs');
  writeFileSync(
    file,
    `import { appendFileSync } from 'node:fs';
     import { answerTheStart, sayReady, whenTheStartIsGone } from ${PARENT};
     whenTheStartIsGone(() => process.exit(0));
     answerTheStart();
     sayReady();
     appendFileSync(${JSON.stringify(join(folder, 'begun'))}, process.pid + '\\n');`,
  );
  keeper = keepRunning('program', file, { env: process.env, log: (line) => lines.push(line), ...options });
}

/** The id of the one that was begun as the n-th. */
const begun = (n: number) =>
  eventually(`program ${n}`, async () => {
    const pids = readFileSync(join(folder, 'begun'), { encoding: 'utf8', flag: 'a+' }).split('\n');
    return pids.length > n ? Number(pids[n - 1]) : null;
  });

test('one that is killed again and again is there again each time', async () => {
  keep();
  await keeper?.ready;
  const kills = atSize(3, 9);
  for (let kill = 1; kill <= kills; kill += 1) process.kill(await begun(kill), 'SIGKILL');
  const last = await begun(kills + 1);
  // At once: a wait would be told. Waits that double would take minutes.
  expect(lines).toEqual(Array(kills).fill(expect.stringMatching(/ended with SIGKILL: starting another$/)));
  await keeper?.stop(5_000);
  expect(processLife(last)).toBeNull();
});

test('one that freezes is replaced after ten seconds, and that is told', async () => {
  // In `npm test` the seconds of the watch are counted out to it.
  if (!FULL) vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const told: number[] = [];
  keep({ silent: (seconds) => told.push(seconds) });
  await keeper?.ready;
  const frozen = await begun(1);
  process.kill(frozen, 'SIGSTOP');
  if (!FULL) {
    vi.advanceTimersByTime(9_000);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
  }
  expect(await begun(2)).not.toBe(frozen);
  expect(told).toEqual([10]);
  expect(lines).toEqual([
    `program (process ${frozen}) has not answered for 10 s: killing it`,
    `program (process ${frozen}) ended with SIGKILL: starting another`,
  ]);
});

test('one that ends before it is ready is not started again: the start says so', async () => {
  const file = join(folder, 'breaks.mjs');
  writeFileSync(file, 'process.exit(3)');
  const kept = keepRunning('program', file, { env: process.env, log: (line) => lines.push(line) });
  await expect(kept.ready).rejects.toThrow('program ended before it was ready; see above.');
  expect(lines).toEqual([]);
});

test('one runs with the flags that it is given, as the web server does for the memory of uploads', async () => {
  const file = join(folder, 'flags.mjs');
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
     writeFileSync(${JSON.stringify(join(folder, 'flags'))}, JSON.stringify(process.execArgv));
     process.send('ready');
     process.once('disconnect', () => process.exit(0));`,
  );
  keeper = keepRunning('program', file, { env: process.env, flags: WEB_FLAGS, log: (line) => lines.push(line) });
  await keeper.ready;
  expect(JSON.parse(readFileSync(join(folder, 'flags'), 'utf8'))).toEqual(WEB_FLAGS);
});

test('the worker and the web server end by themselves when their start is gone before they could listen to it', async () => {
  const env = {
    ...process.env,
    NODE_ENV: 'development' as const,
    PORT: '1',
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
  };
  const ends = ['bin/worker.ts', 'bin/web.ts'].map(async (program) => {
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    children.push(child);
    child.disconnect();
    return [program, (await once(child, 'exit'))[0]];
  });
  expect(await Promise.all(ends)).toEqual([
    ['bin/worker.ts', 0],
    ['bin/web.ts', 0],
  ]);
});

test('a program that begins to listen late hears of it all the same', async () => {
  const file = join(folder, 'late.mjs');
  writeFileSync(
    file,
    `import { whenTheStartIsGone } from ${PARENT};
     while (process.connected) await new Promise((later) => setTimeout(later, 10));
     whenTheStartIsGone(() => process.exit(7));
     setInterval(() => {}, 1e6);`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.push(child);
  child.disconnect();
  expect((await once(child, 'exit'))[0]).toBe(7);
});

test('the web server of a killed start is waited for, and killed where it hangs; a stranger with its id is not', async () => {
  const hangs = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  children.push(hangs);
  await once(hangs, 'spawn');
  noteWebServer(folder, hangs.pid ?? 0);
  await endLeftoverWebServer(folder, 100, (line) => lines.push(line));
  expect(processLife(hangs.pid ?? 0)).toBeNull();
  expect(lines).toEqual([`the web server of an earlier start (process ${hangs.pid}) still runs: waiting for its end`]);

  writeFileSync(join(folder, 'web.json'), JSON.stringify({ pid: process.pid, life: 'an earlier boot/1' }));
  await endLeftoverWebServer(folder, 100, (line) => lines.push(line));
  for (const note of ['', '{"pid":', '{"pid":null,"life":null}', 'null']) {
    writeFileSync(join(folder, 'web.json'), note);
    await endLeftoverWebServer(folder, 100, (line) => lines.push(line));
  }
  expect(lines).toHaveLength(1);
});

const NPM = JSON.stringify(resolve(import.meta.dirname, 'npm.ts'));

test('what npm started hears that npm is gone, with nothing between them, and with a shell, which passes no signal on', async () => {
  await Promise.all([endOfNpm('nothing', 'exec "$0" "$@"', 'SIGTERM'), endOfNpm('shell', '"$0" "$@"; :', 'SIGKILL')]);
});

async function endOfNpm(between: string, command: string, signal: NodeJS.Signals): Promise<void> {
  const heard = join(folder, `heard ${between}`);
  const start = join(folder, `start ${between}.mjs`);
  writeFileSync(
    start,
    `import { appendFileSync } from 'node:fs';
     import { whenNpmIsGone } from ${NPM};
     whenNpmIsGone('bin/start.ts', () => { appendFileSync(${JSON.stringify(heard)}, 'gone'); process.exit(0); });
     setInterval(() => {}, 1e6);
     appendFileSync(${JSON.stringify(heard)}, process.pid + ' ');`,
  );
  const npm = `require('node:child_process').spawn('sh', ['-c', ${JSON.stringify(command)}, process.execPath, ${JSON.stringify(start)}], { stdio: 'inherit' })`;
  const env = { ...process.env, npm_lifecycle_script: 'node bin/start.ts' };
  const fake = spawn(process.execPath, ['-e', npm], { env, stdio: 'inherit' });
  children.push(fake);
  const said = () => readFileSync(heard, { encoding: 'utf8', flag: 'a+' });
  const pid = await eventually('the start', async () => Number.parseInt(said(), 10) || null);
  fake.kill(signal);
  await eventually('the end', async () => processLife(pid) === null);
  expect(said()).toBe(`${pid} gone`);
}
