/** Why requests may not go to a host, in words for whoever writes its address. */
import { hostNotPublic, isAllowed, type Reach } from './addresses.ts';

/** Null where they may. */
export function hostRefused(origin: URL, reach: Reach): string | null {
  const what = isAllowed(reach, origin) ? null : hostNotPublic(origin.hostname);
  if (!what) return null;
  const place = `${origin.hostname}:${origin.port || (origin.protocol === 'https:' ? 443 : 80)}`;
  return `${origin.hostname} is ${what}. Requests go to public addresses only; whoever runs this server can allow this one with TARGETS_ALLOWED=${place}.`;
}
