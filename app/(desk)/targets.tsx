'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { queries } from '#components/api-client.ts';
import { TargetIncidents } from '#components/fleet/target-incidents.tsx';
import type { TargetIncident } from '#lib/shapes/fleet.ts';
import { resumeIncidentAction } from './batches/actions.ts';

/** Targets that failed for everybody, with the resume of each. */
export function Targets({ incidents, mayResume }: { incidents: TargetIncident[]; mayResume: boolean }) {
  const router = useRouter();
  const cache = useQueryClient();
  const resume = async (id: string) => {
    const outcome = await resumeIncidentAction({ id });
    if (outcome.ok) {
      void cache.invalidateQueries({ queryKey: queries.needsYou.key() });
      router.refresh();
    }
    return outcome;
  };
  return <TargetIncidents incidents={incidents} onResume={mayResume ? resume : null} />;
}
