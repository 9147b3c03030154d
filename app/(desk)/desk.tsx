'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type ReactNode, useCallback } from 'react';
import { toast } from 'sonner';
import { signOutAction } from '#app/session-actions.ts';
import { AppShell, type NavItem, type ShellPerson } from '#components/ui/app-shell.tsx';
import { writing } from '#components/ui/writing.ts';

/** The shell with its one act: leaving. */
export function Desk({ nav, person, children }: { nav: NavItem[]; person: ShellPerson; children: ReactNode }) {
  const router = useRouter();
  const { mutate } = useMutation({
    ...writing(['session', 'sign-out'], () => signOutAction()),
    onSuccess: () => {
      router.replace('/sign-in');
      router.refresh();
    },
    // The menu that was pressed is closed by now.
    onError: ({ message }) => toast.error(message),
  });
  const leave = useCallback(() => mutate(), [mutate]);
  return (
    <AppShell nav={nav} person={person} onSignOut={leave}>
      {children}
    </AppShell>
  );
}
