import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Keys = { secretKey: string; signingKeyFile: string };

/** The keys of the environment, or those under the data folder, made at the first start and readable by their owner only. */
export function ensureKeys(dataDir: string, given: { secretKey: string | undefined; signingKeyFile: string | undefined }): Keys {
  const signingKeyFile = given.signingKeyFile ?? join(dataDir, 'signing-key.pem');
  if (!given.signingKeyFile) makeOnce(signingKeyFile, signingKey);
  if (given.secretKey) return { secretKey: given.secretKey, signingKeyFile };
  const secretFile = join(dataDir, 'secret.key');
  makeOnce(secretFile, () => `${randomBytes(32).toString('base64url')}\n`);
  return { secretKey: readFileSync(secretFile, 'utf8').trim(), signingKeyFile };
}

/** Whole or not at all: a key half written would lock out everything that was encrypted with it. */
function makeOnce(path: string, make: () => string): void {
  if (existsSync(path)) return;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, make(), { mode: 0o600 });
  linkSync(draft, path);
  rmSync(draft);
}

function signingKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
