/** The short form of `npm run soak`: every step of the protocol struck once with a kill, every other fault at least once. A process of its own. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { WITH_TEMPO } from '#test/tempo.ts';
import { FAULTS } from './fleet.ts';
import { LIE_KINDS } from './oracle.ts';
import type { Report } from './report.ts';

// Bounded by its work, which takes a minute on an idle machine.
const PATIENCE_MS = 15 * 60_000;

test('struck at every step, by every fault: the receipts tell what happened', { timeout: PATIENCE_MS }, async () => {
  const seed = process.env.SOAK_SEED ?? String(Date.now() % 1_000_000);
  console.log(`SOAK_SEED=${seed}`);
  const child = spawn(process.execPath, [...WITH_TEMPO, 'test/soak/run.ts', '--short', '--workers', '4', '--seed', seed], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [said, code] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    new Promise<number | null>((ended) => child.once('exit', ended)),
  ]);
  const report = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as Report;
  const { lies, stuck, crashes, stories, cells, coverage } = report;
  expect({ lies, stuck, crashes }, [said, ...stories].join('\n')).toEqual({
    lies: Object.fromEntries(LIE_KINDS.map((kind) => [kind, 0])),
    stuck: [],
    crashes: [],
  });
  expect(code).toBe(0);
  expect(cells.missed).toEqual([]);
  expect(coverage.missing).toEqual([]);
  for (const fault of FAULTS) expect(report[fault], fault).toBeGreaterThan(0);
  expect(report.resolvedRightly).toBe(report.resolved);
  // Where Dovecot can't be had, that is one target that is missing, and told.
  expect(report.mails > 0).toBe(report.missing.length === 0);
  for (const done of ['rows', 'errands', 'corrected', 'revisions', 'onLooks', 'again'] as const)
    expect(report[done], done).toBeGreaterThan(0);
});
