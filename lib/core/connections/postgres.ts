/** The address of a PostgreSQL as a connection has it: `postgresql://db.example:5432/crm?sslmode=verify-full`. Pure; the browser reads this file too. */

/** verify-full: its certificate and name are checked. require: encrypted, and nobody knows with whom. disable: in clear. */
const TLS_MODES = ['verify-full', 'require', 'disable'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

export type PostgresPlace = { host: string; port: number; database: string; tls: TlsMode };

export const POSTGRES_PORT = 5432;

/** The place, or in words what is wrong with the address. */
export function readPostgresAddress(text: string): PostgresPlace | { wrong: string } {
  if (!URL.canParse(text) || !/^postgres(ql)?:\/\//i.test(text))
    return {
      wrong: 'No database has this address: look at the host and the port. Write it as postgresql://db.example:5432/crm.',
    };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    return { wrong: 'An address holds no user and no password: they have fields of their own.' };
  const host = url.hostname.toLowerCase();
  if (!/^([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/.test(host))
    return { wrong: 'The host is a name or an address: db.example, 10.0.0.7, [2001:db8::7].' };
  if (url.port === '0') return { wrong: 'A port is a number from 1 to 65535.' };
  const database = decoded(url.pathname.slice(1));
  if (database?.includes('/')) return { wrong: 'The name of a database has no slash here.' };
  if (database === null || database === '' || new TextEncoder().encode(database).length > 63)
    return { wrong: 'The database’s name stands behind the host: postgresql://db.example:5432/crm.' };
  const others = [...url.searchParams.keys()].filter((name) => name !== 'sslmode');
  if (others.length > 0 || url.hash !== '') return { wrong: `Of parameters it has sslmode only, and not “${others[0] ?? '#'}”.` };
  const tls = TLS_MODES.find((mode) => mode === (url.searchParams.get('sslmode') ?? TLS_MODES[0]));
  if (!tls || url.searchParams.size > 1) return { wrong: `sslmode is one of ${TLS_MODES.join(', ')}.` };
  return { host, port: url.port === '' ? POSTGRES_PORT : Number(url.port), database, tls };
}

/** Written in the one way in which it is kept, compared and frozen. */
export function postgresAddress({ host, port, database, tls }: PostgresPlace): string {
  return `postgresql://${host}:${port}/${encodeURIComponent(database)}?sslmode=${tls}`;
}

function decoded(text: string): string | null {
  try {
    const name = decodeURIComponent(text);
    return /\p{Cc}/u.test(name) ? null : name;
  } catch {
    return null;
  }
}
