/** `npm install` ends here: makes the Prisma client from prisma/schema.prisma. */

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const prisma = join(dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build', 'index.js');

const made = spawnSync(process.execPath, [prisma, 'generate', '--no-hints'], {
  cwd: root,
  encoding: 'utf8',
  // Generation never runs the schema engine, but looks for it and would download it: any program that exists will do.
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  },
});

if (made.status !== 0) {
  console.error(`The Prisma client could not be made:\n${made.error?.message ?? ''}${made.stdout ?? ''}${made.stderr ?? ''}`);
  process.exit(1);
}
