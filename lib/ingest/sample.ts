/** The sample: 6,046 real mails of 2002 (the SpamAssassin public corpus), from a development dependency that may not be there. */

import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** @internal for its tests */
export const SAMPLE_NAME = 'spamassassin-2002.mbox';
/** @internal for its tests */
export const SAMPLE_MAILS = 6_046;

/** Whether the sample can be offered here. @internal for its tests */
export function hasSample(): boolean {
  return folderOfSample() !== null;
}

/**
 * The sample as one mailbox (mboxrd), or null where its package is not installed. A message without a separator gets one, and body
 * lines that look like separators are quoted, so that as many messages come out as went in.
 */
export function sampleMailbox(): AsyncIterable<Uint8Array> | null {
  const folder = folderOfSample();
  return folder === null ? null : mailbox(folder);
}

const FOLDERS = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'];
const PIECE_BYTES = 64 * 1024;

async function* mailbox(folder: string): AsyncGenerator<Uint8Array> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for (const name of FOLDERS) {
    const files = readdirSync(join(folder, name)).filter((file) => file.endsWith('.txt'));
    for (const file of files.sort()) {
      const piece = separated(await readFile(join(folder, name, file), 'latin1'));
      pieces.push(piece);
      bytes += piece.length;
      if (bytes < PIECE_BYTES) continue;
      yield Buffer.concat(pieces);
      pieces = [];
      bytes = 0;
    }
  }
  yield Buffer.concat(pieces);
}

/** latin1 gives every byte a character and back. */
function separated(message: string): Buffer {
  const own = message.startsWith('From ');
  const start = own ? message.indexOf('\n') + 1 : 0;
  const separator = own ? message.slice(0, start) : 'From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n';
  const body = message.slice(start).replace(/^(>*From )/gm, '>$1');
  return Buffer.from(`${separator}${body}${body.endsWith('\n') ? '\n' : '\n\n'}`, 'latin1');
}

/** Looked for by hand, from where the program was started upwards: a bundler must not try to take 110 MB of mail along. */
function folderOfSample(): string | null {
  for (let at = process.cwd(); ; at = dirname(at)) {
    const folder = join(/* turbopackIgnore: true */ at, 'node_modules', '@stdlib', 'datasets-spam-assassin', 'data');
    if (existsSync(join(folder, 'easy-ham-1'))) return folder;
    if (dirname(at) === at) return null;
  }
}
