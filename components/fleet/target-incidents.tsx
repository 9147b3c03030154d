'use client';

import { useMutation } from '@tanstack/react-query';
import { Banner } from '#components/ui/banner.tsx';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { formatNoun } from '#components/ui/format.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { writing } from '#components/ui/writing.ts';
import { connectionName } from '#lib/core/connections/target.ts';
import type { TargetIncident } from '#lib/shapes/fleet.ts';

type Props = {
  incidents: TargetIncident[];
  /** null for whoever can't resume */
  onResume: ((id: string) => Promise<Outcome>) | null;
};

/** Each with its one Resume. */
export function TargetIncidents({ incidents, onResume }: Props) {
  return incidents.map((incident) => <TargetBanner key={incident.id} incident={incident} onResume={onResume} />);
}

function TargetBanner({ incident, onResume }: { incident: TargetIncident; onResume: Props['onResume'] }) {
  const connection = connectionName(incident.target);
  const { id, probing, paused, message, since, chunks, actions, batches } = incident;
  const resume = useMutation(writing(['incidents', id, 'resume'], onResume && (() => onResume(id))));
  const waiting = `${formatNoun(chunks, 'chunks')} with ${formatNoun(actions, 'actions')} in ${formatNoun(batches, 'batches')}`;
  return (
    <Banner
      kind={probing || paused ? 'warning' : 'danger'}
      actions={
        <>
          {onResume && connection !== null ? (
            <ButtonLink href={`/connections/${connection}`}>Update connection</ButtonLink>
          ) : null}
          {onResume && !probing ? (
            <Button kind="primary" pending={resume.isPending} onClick={() => resume.mutate()}>
              Resume
            </Button>
          ) : null}
        </>
      }
    >
      <span className="font-medium">{message}.</span>{' '}
      {probing ? (
        <>
          One chunk tries it now, one request at a time. {waiting} continue when it succeeds. If it fails, nothing more is sent.
        </>
      ) : (
        <>
          {paused ? 'Paused' : 'Stopped'} <RelativeTime iso={since} />: {waiting} wait. Nothing is sent to the target until
          somebody resumes. {paused ? 'When the reason is over' : 'When the target works again'}, resume once. One chunk tries it,
          and the others follow after its first success.
          {onResume ? '' : ' An operator or an admin can resume it.'}
        </>
      )}
      {resume.error ? (
        <span role="alert" className="block text-red">
          {resume.error.message}
        </span>
      ) : null}
    </Banner>
  );
}
