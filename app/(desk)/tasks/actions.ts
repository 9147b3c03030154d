'use server';

import { stepAction } from '#app/action-client.ts';
import { assignFollowUp, finishFollowUp } from '#lib/steps/tasks/change-follow-up.ts';

export const finishFollowUpAction = stepAction(finishFollowUp);
export const assignFollowUpAction = stepAction(assignFollowUp);
