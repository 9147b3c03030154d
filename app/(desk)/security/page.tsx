import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { securityAddress, securityShown } from '#components/security/security-address.ts';
import { SecurityFilter } from '#components/security/security-filter.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { listSecurity } from '#lib/steps/security/list-security.ts';
import { readEverybody } from '#lib/steps/security/read-everybody.ts';
import { SecurityEvents } from './security-events.tsx';

export const metadata: Metadata = { title: 'Security log' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function SecurityPage({ searchParams }: Props) {
  const shown = securityShown(await searchParams);
  const actor = await requireActor(securityAddress(shown));
  if (!may(actor, 'security'))
    return (
      <EmptyState
        level={1}
        title="Only an admin or an auditor sees the security log"
        text="Ask an admin if your role should change."
      />
    );
  const [first, people] = await Promise.all([listSecurity(actor, shown), readEverybody(actor)]);
  return (
    <>
      <PageHeader title="Security log" meta="who did, tried, opened and downloaded what; nobody can change it" />
      <SecurityFilter shown={shown} people={people} />
      {first.items.length > 0 || first.next !== null ? (
        <SecurityEvents key={securityAddress(shown)} shown={shown} first={first} />
      ) : (
        <EmptyState title="Nothing matches" action={<ButtonLink href="/security">Show the whole log</ButtonLink>} />
      )}
    </>
  );
}
