import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CountersignError } from '#lib/core/errors.ts';
import { connectionsKeyOf } from '#lib/store/connections/seal.ts';

export type Keys = { secretKey: string; connectionsKey: string; signingKeyFile: string };

const SECRET_CHARS_MIN = 32;

/**
 * The keys of the environment, or those under the data folder, made at the first start and readable by their owner only.
 *
 * @param given.used whether there is a database already whose secrets are encrypted with the key
 * @throws CountersignError `unavailable` when the key of a database that was used is missing or cut.
 */
export function ensureKeys(
  dataDir: string,
  given: {
    secretKey: string | undefined;
    connectionsKey: string | undefined;
    signingKeyFile: string | undefined;
    used: boolean;
  },
): Keys {
  const signingKeyFile = given.signingKeyFile ?? join(dataDir, 'signing-key.pem');
  if (!given.signingKeyFile) makeOnce(signingKeyFile, signingKey);
  const secretKey = given.secretKey ?? secretKeyOf(dataDir, given.used);
  const connectionsKey = given.connectionsKey ?? connectionsKeyOf(secretKey);
  // For whoever starts a worker on another machine.
  writeFileSync(join(dataDir, 'connections.key'), `${connectionsKey}\n`, { mode: 0o600 });
  return { secretKey, connectionsKey, signingKeyFile };
}

function secretKeyOf(dataDir: string, used: boolean): string {
  const secretFile = join(dataDir, 'secret.key');
  if (used && !existsSync(secretFile)) throw lost(secretFile, 'is missing');
  makeOnce(secretFile, () => `${randomBytes(32).toString('base64url')}\n`);
  const secretKey = readFileSync(secretFile, 'utf8').trim();
  if (secretKey.length < SECRET_CHARS_MIN) throw lost(secretFile, 'is cut');
  return secretKey;
}

function lost(path: string, how: string): CountersignError {
  return new CountersignError(
    'unavailable',
    `${path} ${how}: sessions are signed and the secrets of connections are encrypted with what is made of it. Restore this one file from a backup; if there is none, set SECRET_KEY to a new one (openssl rand -base64 32) and enter the secrets of connections again.`,
  );
}

/** Whole and on disk, or not at all: a key half written would lock out everything that was encrypted with it. */
function makeOnce(path: string, make: () => string): void {
  if (existsSync(path)) return;
  const draft = `${path}.${process.pid}`;
  try {
    const file = openSync(draft, 'w', 0o600);
    try {
      writeFileSync(file, make());
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

function signingKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
