/**
 * `node bin/migration.ts NAME` writes the migration that leads from the committed ones to prisma/schema.
 * `node bin/migration.ts --squash` rewrites the first one instead, while nobody has a database that matters.
 */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { startEmbedded } from '#lib/store/postgres/embedded.ts';
import { applyMigrations, MIGRATIONS_DIR, schemaDifference, schemaFromEmpty } from '#lib/store/postgres/schema-engine.ts';

const [argument] = process.argv.slice(2);
if (!argument || !/^(--squash|[a-z][a-z0-9_]*)$/.test(argument)) {
  console.error('Give a name (small letters, digits, underscores), or --squash: node bin/migration.ts add_rate_bucket');
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), 'countersign-migration-'));
// As root the server runs as another user, who would otherwise be sent elsewhere, and his files stay there.
chmodSync(scratch, 0o711);
const server = await startEmbedded({ dataDir: scratch, settings: { shared_buffers: '32MB' } });
try {
  if (argument === '--squash') {
    const [first] = readdirSync(MIGRATIONS_DIR).sort();
    write(first ?? '20261123000000_tables', await schemaFromEmpty(server.ownerUrl));
    console.log('A database that has the old one keeps its old tables: remove its DATA_DIR.');
  } else {
    await applyMigrations(server.ownerUrl);
    const sql = await schemaDifference(server.ownerUrl);
    if (sql) write(`${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}_${argument}`, sql);
    else console.log('The migrations and prisma/schema agree: nothing to write.');
  }
} finally {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
  rmSync(server.data, { recursive: true, force: true });
}

function write(name: string, sql: string): void {
  mkdirSync(join(MIGRATIONS_DIR, name), { recursive: true });
  const path = join(MIGRATIONS_DIR, name, 'migration.sql');
  writeFileSync(path, sql);
  console.log(`wrote ${relative(process.cwd(), path)}`);
}
