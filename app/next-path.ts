/** A path on this site to go to after signing in; whatever else was given leads to the start. */
export function safeNext(next: unknown): string {
  // Browsers read a backslash as a slash, and drop tabs and line ends: what remains must be one of our own paths.
  if (typeof next !== 'string' || !/^\/(?![/\\])[^\\\t\r\n]*$/.test(next)) return '/';
  // Whoever follows it takes the dots out first: what is left could begin with two slashes, which name a host.
  const { pathname } = new URL(next, 'http://localhost');
  return /^\/(\/|sign-in|setup)/.test(pathname) ? '/' : next;
}
