'use client';

import { useMutation } from '@tanstack/react-query';
import { Button } from '#components/ui/button.tsx';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant, RelativeTime } from '#components/ui/relative-time.tsx';
import { writing } from '#components/ui/writing.ts';
import { adviceFor } from '#lib/core/fleet/incident-kinds.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { Incident } from '#lib/shapes/fleet.ts';

type Act = (id: string) => Promise<Outcome>;
type Acts = {
  /** null for whoever can't */
  onAcknowledge: Act | null;
  onResume: Act | null;
};

/** Each fault once: what it is, where, since when, who knows of it, and what to do. */
export function IncidentList({ incidents, onAcknowledge, onResume }: { incidents: Incident[] } & Acts) {
  return (
    <ul aria-label="Open incidents" className="flex flex-col divide-y divide-hairline rounded-md border border-red">
      {incidents.map((incident) => (
        <OpenIncident key={incident.id} incident={incident} onAcknowledge={onAcknowledge} onResume={onResume} />
      ))}
    </ul>
  );
}

/** What ends by itself has no resume. */
const RESUMED_BY_HAND: readonly Incident['kind'][] = ['halted', 'mismatch', 'target', 'paused'];

function OpenIncident({ incident, onAcknowledge, onResume }: { incident: Incident } & Acts) {
  const { id, kind, message, openedAt, acknowledged, target } = incident;
  const acknowledge = useMutation(writing(['incidents', id, 'acknowledge'], onAcknowledge && (() => onAcknowledge(id))));
  const resume = useMutation(writing(['incidents', id, 'resume'], onResume && (() => onResume(id))));
  const tried = target?.probing ?? false;
  const refusal = acknowledge.error ?? resume.error;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-3 py-2">
      <span className="flex min-w-0 flex-1 basis-72 items-start gap-2">
        <Glyph name="!" className="mt-1 text-red" />
        <span className="min-w-0">
          <span className="font-medium break-words">{sentence(message)}</span> <Place incident={incident} />{' '}
          <span className="text-muted">
            <RelativeTime iso={openedAt} />
            {target ? ` · ${target.chunks === 1 ? '1 chunk waits' : `${target.chunks} chunks wait`} for it` : ''}
          </span>
          <span className="block text-muted">
            {tried ? 'One chunk tries it now. The others follow after its first success.' : adviceFor(kind)}
          </span>
          {acknowledged ? (
            <span className="block text-12 text-muted">
              {acknowledged.by} has known of it since <Instant iso={acknowledged.at} />.
            </span>
          ) : null}
          {refusal ? (
            <span role="alert" className="block text-red">
              {refusal.message}
            </span>
          ) : null}
        </span>
      </span>
      <span className="flex flex-wrap gap-2">
        {onResume && RESUMED_BY_HAND.includes(kind) && !tried ? (
          <Button kind="primary" pending={resume.isPending} onClick={() => resume.mutate()}>
            Resume
          </Button>
        ) : null}
        {onAcknowledge && !acknowledged ? (
          <Button pending={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
            Acknowledge
          </Button>
        ) : null}
      </span>
    </li>
  );
}

/** Those that are over, the last one first. */
export function ClosedIncidents({ incidents }: { incidents: Incident[] }) {
  return (
    <ul aria-label="Incidents that are over" className="flex flex-col divide-y divide-hairline rounded-md border border-hairline">
      {incidents.map((incident) => (
        <li key={incident.id} className="px-3 py-1.5">
          <span className="break-words">{sentence(incident.message)}</span> <Place incident={incident} />{' '}
          <span className="text-muted">
            <Instant iso={incident.openedAt} />
            {incident.resolvedAt ? (
              <>
                , over <Instant iso={incident.resolvedAt} />
              </>
            ) : null}
            {incident.acknowledged ? ` · ${incident.acknowledged.by} knew of it` : ''}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** An incident's message as a sentence for people: codes in words, and a full stop at its end. */
function sentence(message: string): string {
  return reasonWords(message).replace(/([^.!?])$/, '$1.');
}

function Place({ incident: { batchId, batchName, chunk } }: { incident: Incident }) {
  if (batchId === null) return null;
  return (
    <Link
      href={chunk === null ? `/batches/${batchId}` : `/batches/${batchId}/chunks/${chunk}`}
      className="underline underline-offset-2"
    >
      {batchName}
      {chunk === null ? '' : `, chunk ${chunk}`}
    </Link>
  );
}
