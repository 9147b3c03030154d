'use server';

import { stepAction } from '#app/action-client.ts';
import { revokeKey } from '#lib/steps/keys/revoke-key.ts';

export const revokeAnyKeyAction = stepAction(revokeKey, '/admin/keys');
