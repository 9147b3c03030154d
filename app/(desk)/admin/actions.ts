'use server';

import { stepAction } from '#app/action-client.ts';
import { acknowledgeIncident } from '#lib/steps/fleet/acknowledge-incident.ts';
import { endWorker } from '#lib/steps/fleet/end-worker.ts';
import { pauseTarget } from '#lib/steps/fleet/pause-target.ts';

export const acknowledgeIncidentAction = stepAction(acknowledgeIncident);
export const endWorkerAction = stepAction(endWorker);
export const pauseTargetAction = stepAction(pauseTarget);
