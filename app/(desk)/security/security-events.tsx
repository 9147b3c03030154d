'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { SecurityList } from '#components/security/security-list.tsx';
import { securityPages } from '#components/security/security-pages.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import type { SecurityAsked, SecurityEventView } from '#lib/shapes/security.ts';

type Props = { shown: SecurityAsked; first: { items: SecurityEventView[]; next: string | null } };

/** The events that are asked for, page by page. It stands still: whoever wants the newest loads the page again. */
export function SecurityEvents({ shown, first }: Props) {
  const options = securityPages(shown, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  const events = pages.data.pages.flatMap(({ items }) => items);
  return (
    <>
      {events.length > 0 ? <SecurityList events={events} /> : <p className="text-muted">Nothing was found so far.</p>}
      <MorePages pages={pages} label="Look further back" />
    </>
  );
}
