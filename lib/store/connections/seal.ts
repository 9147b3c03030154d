/**
 * What is secret of connections, sealed: AES-256-GCM under a key that is not in the database. The row's id and version are bound to it, so that nobody who can
 * write to the database puts one connection's secret, or an older one, in the place of another.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { CountersignError } from '#lib/core/errors.ts';
import { env } from '#lib/env.ts';

export type SecretRow = { id: string; version: number };
/** By the names of SECRET_NAMES. */
export type SecretValues = Record<string, string>;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key of connections that belongs to a SECRET_KEY: workers are given this one, and not the other, which signs people in. */
export function connectionsKeyOf(secretKey: string): string {
  return Buffer.from(hkdfSync('sha256', secretKey, '', 'countersign connections v1', 32)).toString('base64url');
}

/** Nonce, tag and text, in this order. */
export function seal(values: SecretValues, row: SecretRow): Buffer<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, ourKey(), nonce).setAAD(bound(row));
  const text = Buffer.concat([cipher.update(JSON.stringify(values), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** Null where it was sealed with another key, for another row, or was changed since. */
export function unseal(sealed: Uint8Array, row: SecretRow): SecretValues | null {
  const bytes = Buffer.from(sealed);
  try {
    const decipher = createDecipheriv(CIPHER, ourKey(), bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(
      bound(row),
    );
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as SecretValues;
  } catch {
    return null;
  }
}

const bound = ({ id, version }: SecretRow): Buffer => Buffer.from(`countersign secret ${id} ${version}`);

function ourKey(): Buffer {
  const { CONNECTIONS_KEY, SECRET_KEY } = env();
  const key = CONNECTIONS_KEY ?? (SECRET_KEY === undefined ? undefined : connectionsKeyOf(SECRET_KEY));
  if (key === undefined)
    throw new CountersignError(
      'unavailable',
      'CONNECTIONS_KEY is not set, so no secret of a connection can be read. npm start sets it for the processes that it starts; a worker elsewhere is given what stands in DATA_DIR/connections.key.',
    );
  return Buffer.from(hkdfSync('sha256', key, '', 'countersign secrets v1', 32));
}
