/** `npm run restore -- FOLDER`: a backup into a database without data, while no product runs on it. Unfinished batches are paused. */
import { resolve } from 'node:path';
import { env } from '#lib/env.ts';
import { restoreBackup } from '#lib/store/backup/restore.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { startEmbedded } from '#lib/store/postgres/embedded.ts';
import type { DatabaseUrls } from '#lib/store/postgres/migrate.ts';
import { wordsOfRefusal } from './start/refusal.ts';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('Name the folder of a backup: npm run restore -- FOLDER');
  process.exit(2);
}
try {
  const { DATA_DIR, DATABASE_URL, MIGRATE_DATABASE_URL } = env();
  const restore = (urls: DatabaseUrls) => restoreBackup({ urls, folder: resolve(folder), originals: originals() });
  const { backup, paused, unproven } = DATABASE_URL
    ? await restore({ appUrl: DATABASE_URL, ownerUrl: MIGRATE_DATABASE_URL ?? DATABASE_URL })
    : await intoEmbedded(DATA_DIR, restore);
  for (const line of unproven) console.log(line);
  console.log(`The backup of ${backup.at} is restored. Everybody signs in again.`);
  console.log(
    `People, roles and API keys are as they were then: put out again whoever was put out since, and revoke the keys that were revoked. Links that were open have ended.`,
  );
  console.log(`What was erased after ${backup.at} is in it again. Erase it anew (docs/erasure.md).`);
  if (paused.length > 0) {
    console.log(`What was sent after ${backup.at} is not in it. Unfinished batches are paused: ${paused.join(', ')}.`);
    console.log('Compare each with the log of its target before somebody resumes it, or cancel it.');
  }
} catch (error) {
  console.error(wordsOfRefusal(error, env().DATA_DIR));
  process.exit(1);
}

/** The folder is locked meanwhile: no product starts on it. */
async function intoEmbedded<T>(dataDir: string, restore: (urls: DatabaseUrls) => Promise<T>): Promise<T> {
  const server = await startEmbedded({ dataDir });
  try {
    return await restore(server);
  } finally {
    await server.stop();
  }
}
