'use client';

import { useRouter } from 'next/navigation';
import { ButtonLink } from '#components/ui/button.tsx';
import type { ButtonKind } from '#components/ui/button-look.ts';
import { Kbd } from '#components/ui/kbd.tsx';
import { useKeys } from '#components/ui/use-keys.ts';

/** Leads to what waits next, by press and by the key n. */
export function ReviewNext({
  href,
  label = 'Review next',
  kind = 'primary',
}: {
  href: string;
  label?: string;
  kind?: ButtonKind;
}) {
  const router = useRouter();
  useKeys({ n: () => router.push(href) });
  return (
    <ButtonLink href={href} kind={kind}>
      {label}
      <span aria-hidden="true" className="max-sm:hidden pointer-coarse:hidden">
        <Kbd>n</Kbd>
      </span>
    </ButtonLink>
  );
}
