import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './lock.ts';
import { processLife } from './process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign lock '));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder is locked once, and free again after its release', () => {
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(new RegExp(`in use by another Countersign \\(process ${process.pid}\\)`));
  lock.release();
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('another process that lives is named', async () => {
  const holder = await holdInAnotherProcess();
  try {
    expect(() => lockFolder(folder)).toThrow(`process ${holder.pid}`);
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
  lockFolder(folder).release();
});

const STALE: [string, string][] = [
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, life: 'boot/1' })],
  ['whose process id was given to somebody else', JSON.stringify({ pid: process.pid, life: 'an earlier boot/1' })],
  ['without a life', JSON.stringify({ pid: 2 ** 22 + 1, life: null })],
  ['that is empty', ''],
  ['that is not ours', 'hello'],
];

test.each(STALE)('a lock %s is taken over', (_what, content) => {
  writeFileSync(join(folder, 'lock'), content);
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow('in use');
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a release leaves a lock alone that is somebody else’s by now', () => {
  const lock = lockFolder(folder);
  writeFileSync(join(folder, 'lock'), 'the next one');
  lock.release();
  expect(existsSync(join(folder, 'lock'))).toBe(true);
});

test('of many that start at once on a stale lock, one gets it', async () => {
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, life: 'boot/1' }));
  const tries = Array.from({ length: 6 }, () => tryInAnotherProcess());
  const outcomes = await Promise.all(tries.map(({ outcome }) => outcome));
  await Promise.all(tries.map(({ end }) => end()));
  expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(1);
});

test('one that died while it removed a stale lock is no obstacle', () => {
  const stale = JSON.stringify({ pid: 2 ** 22 + 1, life: 'boot/1' });
  writeFileSync(join(folder, 'lock'), stale);
  const right = createHash('sha256').update(stale).digest('hex').slice(0, 16);
  writeFileSync(join(folder, `lock-${right}`), JSON.stringify({ pid: 2 ** 22 + 2, life: 'boot/2' }));
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('whoever removes a stale lock leaves the lock of a newcomer alone', () => {
  const stale = JSON.stringify({ pid: 2 ** 22 + 1, life: 'boot/1' });
  writeFileSync(join(folder, 'lock'), stale);
  const right = join(folder, `lock-${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`);
  // Somebody who lives removes it just now, for as long as this process looks.
  writeFileSync(right, JSON.stringify({ pid: process.pid, life: processLife(process.pid) }));
  expect(() => lockFolder(folder)).toThrow('keeps changing hands');
  expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(stale);
});

test('a process has one life, and none when it is gone', async () => {
  expect(processLife(process.pid)).toBe(processLife(process.pid));
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  expect(processLife(child.pid ?? 0)).toBeNull();
  expect(processLife(0)).toBeNull();
});

const MODULE = JSON.stringify(resolve(import.meta.dirname, 'lock.ts'));

async function holdInAnotherProcess() {
  const script = `const { lockFolder } = await import(${MODULE}); lockFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/** Tries once, says how it went, and keeps what it has until it is ended: when everybody has tried. */
function tryInAnotherProcess(): { outcome: Promise<string>; end(): Promise<unknown> } {
  const script = `const { lockFolder } = await import(${MODULE});
    try { lockFolder(${JSON.stringify(folder)}); console.log('held'); } catch (error) { console.log(error.code); }
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  return {
    outcome: once(child.stdout, 'data').then(([said]) => String(said).trim()),
    end: () => {
      child.stdin.end();
      return ended;
    },
  };
}
