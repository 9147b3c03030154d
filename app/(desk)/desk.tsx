'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type ComponentProps, type ReactNode, useCallback, useMemo, useState } from 'react';
import { toast } from 'sonner';
import { beginProofAction, proveAction } from '#app/(desk)/you/actions.ts';
import { signOutAction } from '#app/session-actions.ts';
import { ProofOf } from '#components/account/proof.tsx';
import { queries } from '#components/api-client.ts';
import { Palette } from '#components/find/palette.tsx';
import { forgetRecent } from '#components/find/recent.ts';
import { beginEventsAt } from '#components/live/event-stream.ts';
import { LiveBanner } from '#components/live/live-banner.tsx';
import { useNextNeed } from '#components/live/use-next-need.ts';
import { AppShell, type NavItem, type ShellPerson } from '#components/ui/app-shell.tsx';
import { useKeys } from '#components/ui/use-keys.ts';
import { writing } from '#components/ui/writing.ts';
import type { FindKind } from '#lib/shapes/find.ts';
import { useFollowed } from './use-changed.ts';
import { useTellsHere } from './use-tells-here.ts';

/** `kinds`: what this person may find. `place`: where the server's hints were before the page was read; null where that is not known. */
type Props = {
  place: string | null;
  nav: NavItem[];
  unread: number;
  person: ShellPerson & { id: string };
  kinds: FindKind[];
  /** whether sessions end that nobody uses */
  tellsHere: boolean;
  children: ReactNode;
};

/** The shell with its one act: leaving. It follows the server for every page: how much waits for the person, and whether the view is lost. */
export function Desk({ place, nav, unread, person, kinds, tellsHere, children }: Props) {
  const router = useRouter();
  useTellsHere(tellsHere);
  useState(() => beginEventsAt(place));
  const { mutate } = useMutation({
    ...writing(['session', 'sign-out'], () => signOutAction()),
    onSuccess: () => {
      forgetRecent();
      router.replace('/sign-in');
      router.refresh();
    },
    // The menu that was pressed is closed by now.
    onError: ({ message }) => toast.error(message),
  });
  const leave = useCallback(() => mutate(), [mutate]);
  useKeys({ n: useNextNeed() });
  useFollowed({ topics: ['batches'] }, queries.needsYou.key());
  const { data: needs } = useQuery({ ...queries.needsYou.read.queryOptions(), select: ({ count }) => count, gcTime: 0 });
  const counted = useMemo(
    () => nav.map((item) => (item.count === undefined || needs === undefined ? item : { ...item, count: needs })),
    [nav, needs],
  );
  const palette = (of: Pick<ComponentProps<typeof Palette>, 'open' | 'onOpen' | 'commands'>) => (
    <Palette {...of} kinds={kinds} who={person.id} />
  );
  return (
    <AppShell nav={counted} unread={unread} person={person} palette={palette} onSignOut={leave}>
      <LiveBanner />
      <ProofOf onProve={proveAction} onBegin={beginProofAction}>
        {children}
      </ProofOf>
    </AppShell>
  );
}
