import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { TEMPO, WITH_TEMPO } from '#test/tempo.ts';
import { HEARTBEAT_MS, LEASE_MARGIN_MS, LEASE_MS, LEASE_RENEW_MS, POLL_MS, WORKER_GONE_MS } from './limits.ts';

/** What a process of its own reads. */
function limitsOf(args: string[]): unknown {
  const program = `import * as l from '#lib/core/limits.ts';
    console.log(JSON.stringify([l.LEASE_MS, l.LEASE_RENEW_MS, l.LEASE_MARGIN_MS, l.POLL_MS, l.HEARTBEAT_MS, l.WORKER_GONE_MS]))`;
  return JSON.parse(execFileSync(process.execPath, [...args, '--input-type=module', '--eval', program], { encoding: 'utf8' }));
}

test('The product keeps its own tempo, and only what is told so takes the tests’', () => {
  const real = [3_000, 1_000, 250, 500, 1_000, 10_000];
  expect(limitsOf([])).toEqual(real);
  const ours = [LEASE_MS, LEASE_RENEW_MS, LEASE_MARGIN_MS, POLL_MS, HEARTBEAT_MS, WORKER_GONE_MS];
  expect(ours).toEqual(real.map((ms) => ms * TEMPO));
  expect(limitsOf(WITH_TEMPO)).toEqual(ours);
});
