/**
 * Behind https the browser keeps a session's cookies under names with `__Host-`: it takes them from this very host alone, over https alone, so that nobody who
 * has another host of the same domain, or the line, can put one there. better-auth knows them by their plain names.
 */

export const COOKIE_PREFIX = 'countersign';
const AT_HOST = '__Host-';

/** The name that the browser is told. */
export function nameForBrowser(name: string, https: boolean): string {
  return https ? `${AT_HOST}${name}` : name;
}

/** A request's Cookie header with the plain names. Behind https, a cookie of ours with a plain name is nobody's. */
export function plainNames(cookies: string, https: boolean): string {
  if (!https) return cookies;
  return cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => !OURS.test(cookie))
    .map((cookie) => (cookie.startsWith(`${AT_HOST}${COOKIE_PREFIX}.`) ? cookie.slice(AT_HOST.length) : cookie))
    .join('; ');
}

/** With a plain name, or with a prefix that promises less. */
const OURS = new RegExp(`^(__Secure-)?${COOKIE_PREFIX}\\.`, 'i');
