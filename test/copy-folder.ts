import { spawnSync } from 'node:child_process';

/** With owners and modes, for root's database belongs to another user. */
export function copyFolder(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
