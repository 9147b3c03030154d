'use client';

import { useRouter } from 'next/navigation';
import { type ReactNode, useCallback } from 'react';
import { signOutAction } from '#app/session-actions.ts';
import { AppShell, type NavItem, type ShellPerson } from '#components/ui/app-shell.tsx';

/** The shell with its one act: leaving. */
export function Desk({ nav, person, children }: { nav: NavItem[]; person: ShellPerson; children: ReactNode }) {
  const router = useRouter();
  const leave = useCallback(async () => {
    await signOutAction();
    router.replace('/sign-in');
    router.refresh();
  }, [router]);
  return (
    <AppShell nav={nav} person={person} onSignOut={leave}>
      {children}
    </AppShell>
  );
}
