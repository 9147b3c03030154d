'use server';

import { stepAction } from '#app/action-client.ts';
import { chooseFinds } from '#lib/steps/erasure/choose-finds.ts';
import { confirmErasure } from '#lib/steps/erasure/confirm-erasure.ts';
import { lookFor } from '#lib/steps/erasure/look-for.ts';
import { withdrawErasure } from '#lib/steps/erasure/withdraw-erasure.ts';

const HERE = '/admin/erasure';

export const lookForAction = stepAction(lookFor, HERE);
export const chooseFindsAction = stepAction(chooseFinds);
export const confirmErasureAction = stepAction(confirmErasure, HERE);
export const withdrawErasureAction = stepAction(withdrawErasure, HERE);
