'use client';

import { TargetIncidents } from '#components/fleet/target-incidents.tsx';
import type { TargetIncident } from '#lib/shapes/fleet.ts';
import { resumeIncidentAction } from './batches/actions.ts';
import { useActed } from './use-acted.ts';

/** Targets that failed for everybody, with the resume of each. */
export function Targets({ incidents, mayResume }: { incidents: TargetIncident[]; mayResume: boolean }) {
  const acted = useActed();
  const resume = (id: string) => acted(resumeIncidentAction({ id }));
  return <TargetIncidents incidents={incidents} onResume={mayResume ? resume : null} />;
}
