import { createHash, randomBytes } from 'node:crypto';

/** A setup link's secret: 32 random bytes. The digest is what the database keeps, so that reading it opens nothing. */
export function makeToken(): { token: string; digest: Buffer<ArrayBuffer> } {
  const token = randomBytes(32).toString('base64url');
  return { token, digest: tokenDigest(token) };
}

export function tokenDigest(token: string): Buffer<ArrayBuffer> {
  return createHash('sha256').update(token).digest();
}

/** Where a setup link leads, below the site's address. */
export function setupPath(token: string): string {
  return `/setup?token=${token}`;
}

/** A person's API key: 32 random bytes behind a prefix that scanners of source code know it by, its digest, and the end by which its owner knows it again. */
export function makeKeyToken(): { token: string; digest: Buffer<ArrayBuffer>; hint: string } {
  const token = `${KEY_PREFIX}${randomBytes(32).toString('base64url')}`;
  return { token, digest: tokenDigest(token), hint: token.slice(-4) };
}

/** Whether a text can be a person's API key at all. */
export function isKeyToken(text: string): boolean {
  return text.length === KEY_PREFIX.length + 43 && text.startsWith(KEY_PREFIX);
}

const KEY_PREFIX = 'countersign_';
