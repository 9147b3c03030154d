import type { Actor } from '#lib/auth/actor.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { readPlanForms } from '#lib/steps/plans/plan-forms.ts';

/** What every plan's page has beside its plan. */
export async function readDesk(actor: Actor, datasetId: string) {
  const [reading, incidents] = await Promise.all([readReading(actor, { datasetId }), readIncidents(actor)]);
  const { digest, fields } = reading ?? { digest: '', fields: [] };
  return {
    person: actor.id,
    forms: readPlanForms(),
    reading: { dataset: datasetId, digest, fields },
    stopped: incidents.flatMap(({ target }) => (target ? [{ target: target.target, message: target.message }] : [])),
  };
}
