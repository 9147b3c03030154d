import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { SecurityAsked, SecurityEventView } from '#lib/shapes/security.ts';

/** The events that are asked for, the newest first. */
export function securityPages(shown: SecurityAsked, first: { items: SecurityEventView[]; next: string | null }) {
  return queries.security.list.infiniteOptions({
    input: (cursor: string | undefined) => ({ ...shown, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
