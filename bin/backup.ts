/** `npm run backup -- FOLDER`: everything that the database holds, and the original files, into a new folder; beside a running product or without one. */
import { resolve } from 'node:path';
import { env } from '#lib/env.ts';
import { writeBackup } from '#lib/store/backup/backup.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { withOwnerUrl } from '#lib/store/postgres/embedded.ts';
import { wordsOfRefusal } from './start/refusal.ts';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('Name a folder that is new or empty: npm run backup -- FOLDER');
  process.exit(2);
}
try {
  const { DATA_DIR, DATABASE_URL, MIGRATE_DATABASE_URL } = env();
  const write = (ownerUrl: string) => writeBackup({ ownerUrl, folder: resolve(folder), originals: originals() });
  const url = MIGRATE_DATABASE_URL ?? DATABASE_URL;
  const { tables, originals: kept, missing, at } = await (url ? write(url) : withOwnerUrl(DATA_DIR, write));
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  console.log(`The backup of ${at} is in ${resolve(folder)}: ${rows.toLocaleString('en')} rows, ${kept.length} original files.`);
  for (const digest of missing) console.log(`The original ${digest} was not there: its dataset can't be read anew.`);
  console.log(
    'It holds what people uploaded: keep it as safe as the database. SECRET_KEY and the signing key are not in it: keep secret.key and signing-key.pem apart.',
  );
} catch (error) {
  console.error(wordsOfRefusal(error, env().DATA_DIR));
  process.exit(1);
}
