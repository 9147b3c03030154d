/** Data folders with an embedded database, for tests that start, stop, kill and break it: copies of one that the run's own server was made in. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { copyFolder } from './copy-folder.ts';

/** Little memory: several run at once. */
export const SMALL = { shared_buffers: '16MB' };

/** A folder for a DATA_DIR that is not there yet. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign '));
  // As root the server runs as another user, who would otherwise be sent elsewhere.
  chmodSync(folder, 0o711);
  return join(folder, 'data with spaces');
}

/** A DATA_DIR whose database was started, migrated, and stopped in order. */
export function usedFolder(): string {
  const folder = newFolder();
  copyFolder(inject('template'), folder);
  return folder;
}
