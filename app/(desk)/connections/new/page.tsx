import type { Metadata } from 'next';
import { ConnectionDesk } from '#app/(desk)/connections/connection-desk.tsx';
import { OnlyAdmins } from '#app/(desk)/connections/only-admins.tsx';
import { requireActor } from '#app/actor.ts';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { connectableKinds } from '#lib/steps/connections/read-connections.ts';

export const metadata: Metadata = { title: 'Add a connection' };

export default async function NewConnectionPage() {
  const actor = await requireActor('/connections/new');
  if (!may(actor, 'connections')) return <OnlyAdmins />;
  return (
    <>
      <PageHeader above={<Link href="/connections">Connections</Link>} title="Add a connection" />
      <ConnectionDesk connection={null} kinds={connectableKinds()} />
    </>
  );
}
