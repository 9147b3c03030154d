'use client';

import type { MouseEvent } from 'react';
import { useNextNeed } from '#components/live/use-next-need.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import type { ButtonKind } from '#components/ui/button-look.ts';
import { Kbd } from '#components/ui/kbd.tsx';

/**
 * Leads to what waits next, as the key n does on every page. `href`: what waited when the page was read, for whoever opens it in another tab.
 */
export function ReviewNext({
  href,
  label = 'Review next',
  kind = 'primary',
}: {
  href: string;
  label?: string;
  kind?: ButtonKind;
}) {
  const go = useNextNeed();
  const press = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go();
  };
  return (
    <ButtonLink href={href} kind={kind} onClick={press}>
      {label}
      <span aria-hidden="true" className="max-sm:hidden pointer-coarse:hidden">
        <Kbd>n</Kbd>
      </span>
    </ButtonLink>
  );
}
