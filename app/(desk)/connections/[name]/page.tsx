import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { ConnectionDesk } from '#app/(desk)/connections/connection-desk.tsx';
import { OnlyAdmins } from '#app/(desk)/connections/only-admins.tsx';
import { requireActor } from '#app/actor.ts';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { may } from '#lib/auth/authorise.ts';
import { connectableKinds, readConnectionNamed } from '#lib/steps/connections/read-connections.ts';

export const metadata: Metadata = { title: 'Connection' };

export default async function ConnectionPage({ params }: { params: Promise<{ name: string }> }) {
  const { name } = await params;
  const actor = await requireActor(`/connections/${encodeURIComponent(name)}`);
  if (!may(actor, 'connections')) return <OnlyAdmins />;
  const connection = await readConnectionNamed(actor, { name });
  if (connection === null) notFound();
  const { revision, updatedBy, updatedAt } = connection;
  return (
    <>
      <PageHeader
        above={<Link href="/connections">Connections</Link>}
        title={connection.name}
        meta={
          <span>
            revision {revision}, by {updatedBy} <RelativeTime iso={updatedAt} />
          </span>
        }
      />
      <ConnectionDesk
        key={revision}
        connection={connection}
        kinds={connectableKinds().filter(({ connector }) => connector === connection.connector)}
      />
    </>
  );
}
