/** The address of a repository: over the web, or a folder of this machine that whoever runs it has allowed. */
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import {
  guardedLookup,
  hostNotPublic,
  hostRefused,
  isAllowed,
  isInClear,
  type Reach,
  type Resolve,
} from '#lib/connectors/http/addresses.ts';
import { UNSENT_REASONS } from '#lib/connectors/http/answers.ts';

const WRITE = 'Write https://git.example/team/project.git, without a user name or a password in it.';

/** As it is kept. Null for a text that is none. */
export function writtenAddress(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, hostname, username, password, search, hash, pathname, href } = new URL(address);
  if (!/^https?:$/.test(protocol) || hostname === '' || username + password + search + hash !== '') return null;
  return pathname === '/' ? null : href.replace(/\/$/, '');
}

/** What is wrong with it; null where nothing is. A name is judged again where it is resolved. */
export function addressFault(address: string, reach: Reach): string | null {
  const written = writtenAddress(address);
  if (written === null) return `This is not the address of a repository. ${WRITE}`;
  const url = new URL(written);
  if (!isInClear(url, reach)) return hostRefused(url, reach);
  const place = `${url.hostname}:${url.port || '80'}`;
  return `Without TLS the password could be read on its way. Write https://; whoever runs this server can allow this one with TARGETS_ALLOWED=${place}.`;
}

/**
 * Where git is to connect to, as its configuration says it (`http.curloptResolve`): the very address that was judged, so that a name which answers otherwise the second
 * time gains nothing. Null where the host is an address itself. Gives the reason where it may not be reached.
 */
export async function pinned(
  address: string,
  reach: Reach,
  resolve: Resolve = lookup as Resolve,
): Promise<{ pin: string | null } | { reason: string }> {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const allowed = isAllowed(reach, url);
  if (isIP(host) !== 0) return allowed || hostNotPublic(host) === null ? { pin: null } : { reason: 'refused_address' };
  return new Promise((done) => {
    guardedLookup(allowed, resolve)(host, { all: false }, (error, found) => {
      if (error) {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        return done({ reason: UNSENT_REASONS.find((one) => one.code.test(code))?.reason ?? 'dns' });
      }
      const port = url.port || (url.protocol === 'https:' ? '443' : '80');
      const to = String(found);
      done({ pin: `${host}:${port}:${to.includes(':') ? `[${to}]` : to}` });
    });
  });
}
