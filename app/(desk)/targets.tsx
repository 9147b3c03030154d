'use client';

import { useQueryClient } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import { TargetIncidents } from '#components/fleet/target-incidents.tsx';
import type { TargetIncident } from '#lib/shapes/fleet.ts';
import { resumeIncidentAction } from './batches/actions.ts';
import { useActed } from './use-acted.ts';

/** Targets that failed for everybody, with the resume of each. */
export function Targets({ incidents, mayResume }: { incidents: TargetIncident[]; mayResume: boolean }) {
  const acted = useActed();
  const cache = useQueryClient();
  const resume = async (id: string) => {
    const outcome = await acted(resumeIncidentAction({ id }));
    if (outcome.ok) void cache.invalidateQueries({ queryKey: queries.needsYou.key() });
    return outcome;
  };
  return <TargetIncidents incidents={incidents} onResume={mayResume ? resume : null} />;
}
