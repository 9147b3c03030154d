'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';

/** What of the browser's Navigation API is needed, where the browser has it. */
type Traversal = Event & { navigationType: string; cancelable: boolean; destination: { key: string } };
type History = EventTarget & { traverseTo(key: string): unknown };

/**
 * While something is `changed` it asks before the page is left: by a link, by Back, by a reload or by closing. The first two it asks in words; of the others the
 * browser asks. A browser that can't hold Back lets it go: what was typed is kept.
 */
export function LeaveGuard({ changed, onDiscard }: { changed: boolean; onDiscard: () => void }) {
  const router = useRouter();
  const [leave, setLeave] = useState<(() => void) | null>(null);
  const leaving = useRef(false);

  useEffect(() => {
    if (!changed) return;
    leaving.current = false;
    const onUnload = (event: BeforeUnloadEvent) => {
      if (!leaving.current) event.preventDefault();
    };
    const onClick = (event: MouseEvent) => {
      const href = leadsTo(event);
      if (href === null) return;
      event.preventDefault();
      event.stopPropagation();
      setLeave(() => () => router.push(href));
    };
    const history = (window as { navigation?: History }).navigation;
    const onNavigate = (event: Event) => {
      const { navigationType, cancelable, destination } = event as Traversal;
      if (navigationType !== 'traverse' || !cancelable || !history || leaving.current) return;
      event.preventDefault();
      setLeave(() => () => history.traverseTo(destination.key));
    };
    window.addEventListener('beforeunload', onUnload);
    // Before anything on the page hears of it.
    window.addEventListener('click', onClick, true);
    history?.addEventListener('navigate', onNavigate);
    return () => {
      window.removeEventListener('beforeunload', onUnload);
      window.removeEventListener('click', onClick, true);
      history?.removeEventListener('navigate', onNavigate);
    };
  }, [changed, router]);

  const go = (discard: boolean) => {
    const then = leave;
    setLeave(null);
    leaving.current = true;
    if (discard) onDiscard();
    then?.();
  };
  return (
    <Dialog
      open={leave !== null}
      onClose={() => setLeave(null)}
      title="Leave this plan?"
      description="What you changed is not saved. It is kept in this tab, and is here when you come back to plan the same."
      footer={
        <>
          <Button kind="primary" onClick={() => setLeave(null)}>
            Stay
          </Button>
          <Button onClick={() => go(false)}>Leave</Button>
          <Button kind="ghost" onClick={() => go(true)}>
            Leave and forget it
          </Button>
        </>
      }
    />
  );
}

/** Where a click leads on this site, away from this page; null where it leaves it open, or is no link of ours. */
function leadsTo(event: MouseEvent): string | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link?.href || link.hasAttribute('download') || (link.target !== '' && link.target !== '_self')) return null;
  const to = new URL(link.href, window.location.href);
  if (to.origin !== window.location.origin) return null;
  const { pathname, search } = window.location;
  return to.pathname === pathname && to.search === search ? null : `${to.pathname}${to.search}${to.hash}`;
}
