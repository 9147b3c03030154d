/** `npm install` ends here: makes the Prisma client from prisma/schema, unless the one that is there was made from it. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const packageFile = createRequire(import.meta.url).resolve('prisma/package.json');
const prisma = join(dirname(packageFile), 'build', 'index.js');
const stamp = join(root, 'lib', 'store', 'generated', 'source');
// Whoever reads the client meanwhile, a test run beside a build, must not find half of it.
const schema = join(root, 'prisma', 'schema');
const hash = createHash('sha256').update(readFileSync(packageFile));
for (const name of readdirSync(schema).sort()) hash.update(name).update(readFileSync(join(schema, name)));
const source = hash.digest('hex');
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === source) process.exit(0);

const made = spawnSync(process.execPath, [prisma, 'generate', '--schema', schema, '--no-hints'], {
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
writeFileSync(stamp, source);
