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
