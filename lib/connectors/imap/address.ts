/** The address of a mail server: where it is, and how the line to it is kept from others. */
import { hostNotPublic, isAllowed, type Reach } from '#lib/connectors/http/addresses.ts';
import type { Problem } from '#lib/core/errors.ts';

export type Server = { host: string; port: number; secured: 'tls' | 'starttls' | 'plain' };

const SCHEMES: Readonly<Record<string, { secured: Server['secured']; port: number }>> = {
  'imaps:': { secured: 'tls', port: 993 },
  'imap:': { secured: 'starttls', port: 143 },
  'imap+plain:': { secured: 'plain', port: 143 },
};

const WRITE =
  'Write imaps://mail.example (TLS) or imap://mail.example (STARTTLS), with :port where it is another than 993 or 143.';

/** The server that an address names. Null for a text that is none. */
export function serverOf(address: string): Server | null {
  if (!URL.canParse(address)) return null;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(address);
  const scheme = SCHEMES[protocol];
  const beside = username + password + pathname.replace(/^\/$/, '') + search + hash;
  if (!scheme || hostname === '' || beside !== '' || !/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)$/i.test(hostname)) return null;
  return { host: hostname.toLowerCase(), port: port === '' ? scheme.port : Number(port), secured: scheme.secured };
}

/** The same, as it is kept and frozen: with its port. */
export function writtenAddress({ host, port, secured }: Server): string {
  const protocol = Object.keys(SCHEMES).find((one) => SCHEMES[one]?.secured === secured) ?? 'imaps:';
  return `${protocol}//${host}:${port}`;
}

/** What is wrong with the address of a connection. */
export function addressProblems(address: string, reach: Reach): Problem[] {
  const server = serverOf(address);
  const message = server === null ? `This is not the address of a mail server. ${WRITE}` : refusedServer(server, reach);
  return message === null ? [] : [{ path: 'address', message }];
}

/** Why this server may not be asked; null where it may. A name is judged again where it is resolved. */
export function refusedServer(server: Server, reach: Reach): string | null {
  const { host, port, secured } = server;
  const place = `${host}:${port}`;
  const named = reach.allowed().includes(place);
  const what = hostNotPublic(host);
  if (secured === 'plain' && !named && !(reach.allowPrivate() && what !== null))
    return `Without TLS the password could be read on its way. Write imaps:// or imap://; whoever runs this server can allow this one with TARGETS_ALLOWED=${place}.`;
  if (what === null || isAnywhere(server, reach)) return null;
  return `${host} is ${what}. Connections go to public addresses only; whoever runs this server can allow this one with TARGETS_ALLOWED=${place}.`;
}

/** Whether it is reached at whatever address it is. */
export function isAnywhere({ host, port }: Server, reach: Reach): boolean {
  return isAllowed(reach, { protocol: 'imaps:', hostname: host, port: String(port) });
}
