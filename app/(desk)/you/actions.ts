'use server';

import { stepAction } from '#app/action-client.ts';
import { giveFactor } from '#lib/steps/factors/give-factor.ts';
import { beginOwnApp, confirmOwnApp, makeOwnBackupCodes, removeOwnApp } from '#lib/steps/factors/own-app.ts';
import { addOwnPasskey, beginOwnPasskey, removeOwnPasskey } from '#lib/steps/factors/own-passkeys.ts';
import { beginProof, prove } from '#lib/steps/factors/prove.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { revokeKey } from '#lib/steps/keys/revoke-key.ts';
import { changePassword } from '#lib/steps/sessions/change-password.ts';
import { endOtherSessions, endSession } from '#lib/steps/sessions/own-sessions.ts';
import { tellHere } from '#lib/steps/sessions/tell-here.ts';

const HERE = '/you';

export const tellHereAction = stepAction(tellHere);
export const changePasswordAction = stepAction(changePassword, HERE);
export const endSessionAction = stepAction(endSession, HERE);
export const endOtherSessionsAction = stepAction(endOtherSessions, HERE);
export const proveAction = stepAction(prove);
export const beginProofAction = stepAction(beginProof);
export const beginOwnAppAction = stepAction(beginOwnApp);
export const giveFactorAction = stepAction(giveFactor);
// Its page asks for itself again where it may: the codes that this gives are shown once.
export const confirmOwnAppAction = stepAction(confirmOwnApp);
export const makeOwnBackupCodesAction = stepAction(makeOwnBackupCodes);
export const removeOwnAppAction = stepAction(removeOwnApp, HERE);
export const beginOwnPasskeyAction = stepAction(beginOwnPasskey);
export const addOwnPasskeyAction = stepAction(addOwnPasskey, HERE);
export const removeOwnPasskeyAction = stepAction(removeOwnPasskey, HERE);
export const makeKeyAction = stepAction(makeKey, HERE);
export const revokeKeyAction = stepAction(revokeKey, HERE);
