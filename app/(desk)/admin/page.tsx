import type { Metadata } from 'next';
import Link from 'next/link';
import { Targets } from '#app/(desk)/targets.tsx';
import { requireActor } from '#app/actor.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { may } from '#lib/auth/authorise.ts';
import { adviceFor } from '#lib/core/fleet/incident-kinds.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { readWorkers } from '#lib/steps/fleet/read-workers.ts';
import { Fleet } from './fleet.tsx';

export const metadata: Metadata = { title: 'Admin' };

export default async function AdminPage() {
  const actor = await requireActor('/admin');
  if (!may(actor, 'see_fleet'))
    return (
      <EmptyState level={1} title="Only an operator or an admin sees the fleet" text="Ask an admin if your role should change." />
    );
  const [workers, incidents] = await Promise.all([readWorkers(actor), readIncidents(actor)]);
  const targets = incidents.flatMap(({ target }) => target ?? []);
  const others = incidents.filter(({ target }) => target === null);
  return (
    <>
      <PageHeader title="Admin" actions={may(actor, 'people') ? <ButtonLink href="/admin/people">People</ButtonLink> : null} />
      <div className="flex flex-col gap-8">
        <Fleet workers={workers} />
        <section aria-labelledby="incidents" className="flex flex-col gap-3">
          <h2 id="incidents" className="text-16 font-medium">
            Open incidents
          </h2>
          <Targets incidents={targets} mayResume={may(actor, 'resume')} />
          {incidents.length === 0 ? (
            <p className="text-muted">
              None. An incident is one fault, told once: a target that fails, a halted chunk, a sum that does not add up.
            </p>
          ) : others.length === 0 ? null : (
            <ul className="flex flex-col divide-y divide-hairline rounded-md border border-hairline">
              {others.map(({ id, kind, message, batchId, batchName, chunk, openedAt }) => (
                <li key={id} className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-3 py-2">
                  <span className="text-red">{message}</span>
                  {batchId ? (
                    <Link
                      href={chunk === null ? `/batches/${batchId}` : `/batches/${batchId}/chunks/${chunk}`}
                      className="underline"
                    >
                      {batchName}
                      {chunk === null ? '' : `, chunk ${chunk}`}
                    </Link>
                  ) : null}
                  <span className="text-muted">
                    <RelativeTime iso={openedAt} />
                  </span>
                  <span className="basis-full text-muted">{adviceFor(kind)}</span>
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </>
  );
}
