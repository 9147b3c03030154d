/** Who is at the other end of a connection: what sign-ins are counted by. */
import { isIP, isIPv4 } from 'node:net';

/**
 * The X-Forwarded-For that the rest of the server may believe. Whoever connects to us can write into the header what they like, so only a
 * proxy on this machine is believed, which appends who connected to it; for everybody else it is the socket's own address.
 * @param peer the socket's address; undefined when it is gone
 * @param given the header as it came
 */
export function forwardedFor(peer: string | undefined, given: string | undefined): string {
  if (peer === undefined) return 'unknown';
  return given !== undefined && given !== '' && isLoopback(peer) ? given : peer;
}

/** What of an address is one customer's: an IPv4 address, or the /64 of an IPv6 one. Text that is no address is given back as it is. */
export function networkOf(text: string): string {
  const address = withoutPort(text.trim()).replace(/%.*$/s, '');
  if (isIP(address) !== 6) return address;
  // The parsed form has no leading zeros, one way to shorten, and IPv4 as two groups.
  const groups = expanded(new URL(`http://[${address}]`).hostname.slice(1, -1));
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

function isLoopback(address: string): boolean {
  const network = networkOf(address);
  return /^127\./.test(network) || address === '::1';
}

/** Some proxies write the port as well: `203.0.113.9:5312`, `[2606::1]:443`. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed;
  const [address = '', port] = text.split(':');
  return port !== undefined && isIPv4(address) ? address : text;
}

/** The eight groups of an address that URL parsing has shortened. */
function expanded(address: string): number[] {
  const [before = '', after] = address.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(before), groups(after ?? '')];
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
