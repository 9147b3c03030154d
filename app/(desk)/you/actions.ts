'use server';

import { stepAction } from '#app/action-client.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { revokeKey } from '#lib/steps/keys/revoke-key.ts';
import { changePassword } from '#lib/steps/sessions/change-password.ts';
import { endOtherSessions, endSession } from '#lib/steps/sessions/own-sessions.ts';

const HERE = '/you';

export const changePasswordAction = stepAction(changePassword, HERE);
export const endSessionAction = stepAction(endSession, HERE);
export const endOtherSessionsAction = stepAction(endOtherSessions, HERE);
export const makeKeyAction = stepAction(makeKey, HERE);
export const revokeKeyAction = stepAction(revokeKey, HERE);
