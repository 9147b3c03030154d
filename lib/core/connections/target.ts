/** Whom a request goes to, as breakers name it. */

/** As breakers name it: what fails for one connection says nothing of another's credentials. */
export function targetName(url: string, connection: string | null): string {
  const origin = originOf(url);
  return connection === null ? origin : `${connection}${AT}${origin}`;
}

/** Scheme, host and port of an address: of a scheme that URLs do not know too, whose own `origin` is “null” whatever the host. */
export function originOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** The host in such a name. */
export function targetHost(target: string): string {
  const at = target.lastIndexOf(AT);
  return new URL(at < 0 ? target : target.slice(at + AT.length)).host;
}

/** The connection in such a name; null where it names none. */
export function connectionName(target: string): string | null {
  const at = target.lastIndexOf(AT);
  return at < 0 ? null : target.slice(0, at);
}

const AT = ' at ';
