/** In Node: `node verify.mjs [trail.zip or its folder]`. Without an argument it checks the folder that it lies in. */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, realpathSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createInflateRaw } from 'node:zlib';
import { verifyTrail } from './checks.mjs';
import { EXIT_CODES, inWords } from './words.mjs';
import { BadZip, openZip } from './zip.mjs';

const UNREADABLE = 4;

/** Node's own SHA-256. */
export function hashing() {
  const sha = createHash('sha256');
  return {
    update(bytes) {
      sha.update(bytes);
    },
    hex: () => sha.digest('hex'),
  };
}

/** Raw deflate, unpacked. */
export function inflate(packed) {
  return pipeline(Readable.from(packed, { objectMode: false }), createInflateRaw(), () => {});
}

/** The files of a folder as a trail. */
export function openFolder(path) {
  return { names: readdirSync(path), read: (name) => createReadStream(join(path, name)) };
}

async function main([path = dirname(fileURLToPath(import.meta.url)), ...more]) {
  if (more.length > 0) {
    console.error('node verify.mjs [trail.zip or its folder]');
    return UNREADABLE;
  }
  let opened = null;
  try {
    const { size } = statSync(path);
    if (statSync(path).isDirectory()) return told(await verifyTrail(openFolder(path), hashing));
    opened = await open(path);
    const read = async (offset, length) => {
      const { buffer, bytesRead } = await opened.read(new Uint8Array(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return told(await verifyTrail(await openZip({ size, read }, inflate), hashing));
  } catch (error) {
    console.error(`${path}: ${error.message}`);
    return error instanceof BadZip ? EXIT_CODES[error.kind] : UNREADABLE;
  } finally {
    await opened?.close();
  }
}

function told(report) {
  const { headline, where, facts } = inWords(report);
  console.log([headline, ...where.map((line) => `  ${line}`), '', ...facts].join('\n'));
  return EXIT_CODES[report.verdict];
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2));
