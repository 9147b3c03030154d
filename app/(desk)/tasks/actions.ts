'use server';

import { stepAction } from '#app/action-client.ts';
import { finishFollowUp } from '#lib/steps/tasks/finish-follow-up.ts';

export const finishFollowUpAction = stepAction(finishFollowUp);
