/** What every answer tells the browser of what it may do with it (docs/browser.md). */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { plainNames } from '#lib/auth/cookie-names.ts';
import { isHttps } from '#lib/auth/origin.ts';

const dev = process.env.NODE_ENV === 'development';

const HEADERS = {
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), browsing-topics=()',
};

/** The address that was asked for, for layouts, which Next does not tell it. What a client sends as such is overwritten. */
const ASKED = 'x-countersign-asked';

/** A year. Hosts below this one are somebody else's to decide on. */
const HTTPS_ONLY = 'max-age=31536000';

/** A page's: only scripts that carry this answer's nonce run, and what these load. Styles come inline from components. */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self'${dev ? ' ws:' : ''}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Of an answer that is data: opened as a page, it may do nothing. */
const DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Sets the headers of an answer, and gives the cookies of its request their plain names. Next reads the nonce of its scripts from the policy in the request's headers, so it is written there too: what a client sends
 * as such would be a nonce that somebody else knows.
 */
export function secure(request: IncomingMessage, response: ServerResponse): void {
  const policy = isData(request.url ?? '') ? DATA_POLICY : pagePolicy(randomBytes(16).toString('base64'));
  request.headers[ASKED] = request.url ?? '/';
  delete request.headers['content-security-policy-report-only'];
  request.headers['content-security-policy'] = policy;
  response.setHeader('Content-Security-Policy', policy);
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const https = isHttps(new Headers(forwarded(request)));
  if (https) response.setHeader('Strict-Transport-Security', HTTPS_ONLY);
  if (request.headers.cookie !== undefined) request.headers.cookie = plainNames(request.headers.cookie, https);
}

const isData = (url: string): boolean => /^\/(api|metrics|healthz|readyz)\b/.test(url);

function forwarded({ headers }: IncomingMessage): Record<string, string> {
  const proto = headers['x-forwarded-proto'];
  return proto === undefined ? {} : { 'x-forwarded-proto': String(proto) };
}
