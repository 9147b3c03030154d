import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { ConnectionList } from '#components/connections/connection-list.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readConnections } from '#lib/steps/connections/read-connections.ts';

export const metadata: Metadata = { title: 'Connections' };

/** Named targets: an admin's are all, an operator's are those that plans may name. */
export default async function ConnectionsPage({ searchParams }: { searchParams: Promise<{ cursor?: string }> }) {
  const { cursor } = await searchParams;
  const actor = await requireActor('/connections');
  if (!may(actor, 'use_connections'))
    return (
      <EmptyState
        level={1}
        title="Only an operator or an admin sees connections"
        text="Ask an admin if your role should change."
      />
    );
  const makes = may(actor, 'connections');
  const { items, next } = await readConnections(actor, { cursor });
  const add = makes ? (
    <ButtonLink kind="primary" href="/connections/new">
      Add connection
    </ButtonLink>
  ) : null;
  return (
    <>
      <PageHeader
        title="Connections"
        meta="Named targets with their secrets, which plans name and nobody can read."
        actions={add}
      />
      {items.length === 0 ? (
        <EmptyState
          title={makes ? 'There is no connection yet' : 'There is no connection that you may use'}
          text={makes ? 'Add one where a target wants a password or a token.' : 'An admin makes them, and says who may use them.'}
        />
      ) : (
        <ConnectionList connections={items} opens={makes} />
      )}
      <NextPage href={next === null ? null : `/connections?${new URLSearchParams({ cursor: next })}`} label="Next" />
    </>
  );
}
