/** Which events of the security log are shown, as its page's address says it. */
import { SECURITY_KIND_NAMES, type SecurityKind } from '#lib/core/people/security-kinds.ts';
import type { SecurityAsked } from '#lib/shapes/security.ts';

/** The page of these events. */
export function securityAddress(shown: SecurityAsked): string {
  const query = new URLSearchParams(given(shown)).toString();
  return query ? `/security?${query}` : '/security';
}

/** These events as a file. */
export function securityFile(shown: SecurityAsked, format: string): string {
  return `/api/v1/security-log/export?${new URLSearchParams({ ...given(shown), format })}`;
}

/** What the address asks for; what can't be read there is left out. */
export function securityShown(query: Record<string, string | string[] | undefined>): SecurityAsked {
  const text = (name: string): string => {
    const value = query[name];
    return typeof value === 'string' ? value.trim() : '';
  };
  const day = (name: 'from' | 'to') => (isDay(text(name)) ? { [name]: text(name) } : {});
  const kind = SECURITY_KIND_NAMES.find((one) => one === text('kind'));
  const search = text('search').slice(0, 200);
  return {
    ...(kind ? { kind } : {}),
    ...(ID.test(text('person')) ? { person: text('person') } : {}),
    ...day('from'),
    ...day('to'),
    ...(search ? { search } : {}),
  };
}

/** A kind for a person who chooses among them: `person_disabled` is “person disabled”. */
export function kindWords(kind: SecurityKind): string {
  return kind.replaceAll('_', ' ');
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function isDay(text: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00.000Z`) : null;
  return at !== null && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

function given(shown: SecurityAsked): Record<string, string> {
  return Object.fromEntries(Object.entries(shown).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
