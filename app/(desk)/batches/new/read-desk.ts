import type { Actor } from '#lib/auth/actor.ts';
import { PAGE_ITEMS_MAX } from '#lib/core/limits.ts';
import { readConnections } from '#lib/steps/connections/read-connections.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { readPlanForms } from '#lib/steps/plans/plan-forms.ts';

/** What every plan's page has beside its plan. */
export async function readDesk(actor: Actor, datasetId: string) {
  const [reading, incidents, { items: connections }] = await Promise.all([
    readReading(actor, { datasetId }),
    readIncidents(actor),
    readConnections(actor, { limit: PAGE_ITEMS_MAX }),
  ]);
  const { digest, fields } = reading ?? { digest: '', fields: [] };
  return {
    person: actor.id,
    forms: {
      ...readPlanForms(),
      connections: connections.map(({ name, connector, address, tested }) => ({
        name,
        connector,
        address,
        found: tested?.found ?? [],
      })),
    },
    reading: { dataset: datasetId, digest, fields },
    stopped: incidents.flatMap(({ target }) => (target ? [{ target: target.target, message: target.message }] : [])),
  };
}
