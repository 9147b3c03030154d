/**
 * Which network addresses a request may go to. A target that an item or a plan names must not turn the server into a way into its
 * own network (server-side request forgery), so an address is judged where the socket is opened, and that very address is used:
 * a name that answers differently the second time (DNS rebinding) gains nothing.
 */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

/** Thrown, or given to a socket, when an address may not be reached. */
export class RefusedAddress extends Error {
  readonly code = 'REFUSED_ADDRESS';
}

/**
 * What kind of address this is when it is not a public one ("a loopback address"), else null. Takes the text of an IPv4 or IPv6
 * address without brackets; anything else counts as not public. Source: the IANA special-purpose address registries (RFC 6890).
 * @internal for its tests
 */
export function notPublic(address: string): string | null {
  const bare = address.replace(/%.*$/s, '');
  const family = isIP(bare);
  if (family === 0) return 'not an address';
  const table = family === 4 ? IPV4 : IPV6;
  for (const { list, what } of table) if (list.check(bare, family === 4 ? 'ipv4' : 'ipv6')) return what;
  // Only 2000::/3 is given out for global unicast (RFC 4291); what is not yet given out is nobody's public target.
  return family === 6 && !GLOBAL_IPV6.check(bare, 'ipv6') ? 'not a public address' : null;
}

/** Where requests may go beside public addresses. */
export type Reach = {
  /** to every private and loopback address */
  allowPrivate(): boolean;
  /** hosts with their ports, as `host:port` in small letters, at whatever address they are */
  allowed(): readonly string[];
};

/** Whether this place is reached without a look at its address. `port`: empty for the scheme's own. */
export function isAllowed(
  { allowPrivate, allowed }: Reach,
  { protocol, hostname, port }: Pick<URL, 'protocol' | 'hostname' | 'port'>,
): boolean {
  if (allowPrivate()) return true;
  const number = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return allowed().includes(`${hostname.toLowerCase()}:${number}`);
}

/** The same for a URL's host, which may be a name: null when it is a name to be resolved, or a public address. */
export function hostNotPublic(hostname: string): string | null {
  const bare = withoutBrackets(hostname);
  if (isIP(bare) !== 0) return notPublic(bare);
  return /^(.*\.)?localhost\.?$/i.test(bare) ? 'a loopback name' : null;
}

/** An IPv6 host as URLs write it, without its brackets. */
function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
}

export type Resolve = (
  hostname: string,
  options: { all: true; family: number; hints: number },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for a socket: resolves once, refuses when any of the answers is not public, and hands the judged addresses to the
 * socket, which connects to one of them without asking again. The error is a RefusedAddress.
 */
export function guardedLookup(allowPrivate: boolean, resolveName: Resolve = resolve as Resolve): LookupFunction {
  return (hostname, options, callback) => {
    const done = callback as (error: Error | null, addresses: LookupAddress[] | string, family?: number) => void;
    const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
    resolveName(hostname, { all: true, family, hints: options.hints ?? 0 }, (error, addresses) => {
      if (error) return done(error, []);
      const first = addresses[0];
      if (!first) return done(Object.assign(new Error(`${hostname} has no address.`), { code: 'ENOTFOUND' }), []);
      for (const { address } of allowPrivate ? [] : addresses) {
        const what = notPublic(address);
        if (what) return done(new RefusedAddress(`${hostname} is at ${address}, ${what}.`), []);
      }
      if (options.all) return done(null, addresses);
      return done(null, first.address, isIPv6(first.address) ? 6 : 4);
    });
  };
}

type Kind = { list: BlockList; what: string };

function kinds(family: 'ipv4' | 'ipv6', rows: [cidr: string, what: string][]): Kind[] {
  return rows.map(([cidr, what]) => {
    const [net = '', bits = ''] = cidr.split('/');
    const list = new BlockList();
    list.addSubnet(net, Number(bits), family);
    return { list, what };
  });
}

const IPV4 = kinds('ipv4', [
  ['0.0.0.0/8', 'an address of this host'],
  ['10.0.0.0/8', 'a private address'],
  ['100.64.0.0/10', 'a carrier-grade NAT address'],
  ['127.0.0.0/8', 'a loopback address'],
  ['168.63.129.16/32', 'a cloud metadata address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.0.0.0/24', 'a protocol address'],
  ['192.0.2.0/24', 'a documentation address'],
  ['192.88.99.0/24', 'a 6to4 relay address'],
  ['192.168.0.0/16', 'a private address'],
  ['198.18.0.0/15', 'a benchmarking address'],
  ['198.51.100.0/24', 'a documentation address'],
  ['203.0.113.0/24', 'a documentation address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
]);

// Forms that carry an IPv4 address inside are refused whole: a public target has a plain address too.
const IPV6 = kinds('ipv6', [
  ['::/128', 'an address of this host'],
  ['::1/128', 'a loopback address'],
  ['::ffff:0:0/96', 'an IPv4-mapped address'],
  ['::/96', 'an IPv4-compatible address'],
  ['64:ff9b::/96', 'a NAT64 address'],
  ['64:ff9b:1::/48', 'a NAT64 address'],
  ['100::/64', 'a discard address'],
  ['2001::/23', 'a protocol address'],
  ['2001:db8::/32', 'a documentation address'],
  ['2002::/16', 'a 6to4 address'],
  ['3fff::/20', 'a documentation address'],
  ['fc00::/7', 'a private address'],
  ['fe80::/10', 'a link-local address'],
  ['fec0::/10', 'a private address'],
  ['ff00::/8', 'a multicast address'],
]);

const GLOBAL_IPV6 = new BlockList();
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6');

/** Why this place on the web may not be asked, and who can allow it; null where it may. */
export function hostRefused(origin: URL, reach: Reach): string | null {
  const what = isAllowed(reach, origin) ? null : hostNotPublic(origin.hostname);
  if (!what) return null;
  const place = `${origin.hostname}:${origin.port || (origin.protocol === 'https:' ? 443 : 80)}`;
  return `${origin.hostname} is ${what}. Requests go to public addresses only; whoever runs this server can allow this one with TARGETS_ALLOWED=${place}.`;
}

/** Whether what is sent to this place can be read on its way, and nobody allowed that by name. */
export function isInClear(place: URL, reach: Reach): boolean {
  return place.protocol === 'http:' && !isAllowed(reach, place);
}
