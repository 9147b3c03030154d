import { CountersignError } from '#lib/core/errors.ts';

/**
 * Refuses a request that another site's page could have made a browser send: the Origin must be there and name the host that was asked.
 * The scheme is compared where the proxy in front says it (`X-Forwarded-Proto`); nobody else knows it.
 *
 * @throws CountersignError `forbidden`
 */
export function assertSameOrigin(headers: Headers): void {
  const origin = headers.get('origin');
  if (origin === null)
    throw new CountersignError(
      'forbidden',
      'This request carries no Origin header, so it may come from another site. Nothing was done.',
    );
  const host = askedHost(headers);
  if (host !== null && URL.canParse(origin) && new URL(origin).host === host && spokenScheme(headers, origin)) return;
  throw new CountersignError(
    'forbidden',
    `This request comes from ${origin.slice(0, 200)} and not from this site. Nothing was done.`,
  );
}

/** The address this site was asked under, for links to hand over: the Origin of a request that passed `assertSameOrigin`, else a guess. */
export function siteOf(headers: Headers): string {
  return headers.get('origin') ?? `${isHttps(headers) ? 'https' : 'http'}://${askedHost(headers) ?? 'localhost'}`;
}

function spokenScheme(headers: Headers, origin: string): boolean {
  return headers.get('x-forwarded-proto') === null || isHttps(headers) === (new URL(origin).protocol === 'https:');
}

/** Whether the browser speaks https, as far as the proxy in front says so. */
export function isHttps(headers: Headers): boolean {
  return headers.get('x-forwarded-proto')?.split(',')[0]?.trim() === 'https';
}

// A page of another site can set neither of the two: Host is the browser's, and a custom header needs our consent first (CORS).
function askedHost(headers: Headers): string | null {
  return headers.get('x-forwarded-host')?.split(',')[0]?.trim().toLowerCase() || headers.get('host')?.toLowerCase() || null;
}
