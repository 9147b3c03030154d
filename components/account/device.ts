'use client';

import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';
import { useState } from 'react';
import type { Outcome } from '#components/ui/outcome.ts';

export type AskedOfDevice = PublicKeyCredentialRequestOptionsJSON;
export type AskedForNew = PublicKeyCredentialCreationOptionsJSON;

/** The dialogs of the browser in which a person unlocks their device. Gives null where they did not, and says why. */
export function usePasskey() {
  const [waits, setWaits] = useState(false);
  const [fault, setFault] = useState<string | null>(null);

  const through = async <Asked, Given>(
    begin: (nothing: object) => Promise<Outcome<Asked>>,
    answer: (asked: Asked) => Promise<Given>,
  ): Promise<Given | null> => {
    setFault(null);
    setWaits(true);
    try {
      const asked = await begin({});
      if (asked.ok) return await answer(asked.value);
      setFault(asked.message);
    } catch (error) {
      setFault(words(error));
    } finally {
      setWaits(false);
    }
    return null;
  };

  return {
    waits,
    fault,
    use: (begin: (nothing: object) => Promise<Outcome<AskedOfDevice>>) =>
      through(begin, (optionsJSON) => startAuthentication({ optionsJSON })),
    make: (begin: (nothing: object) => Promise<Outcome<AskedForNew>>) =>
      through(begin, (optionsJSON) => startRegistration({ optionsJSON })),
  };
}

/** Browsers don’t say whether nobody unlocked the device or there is no such passkey: a page that could tell would know who is there. */
function words(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'InvalidStateError') return 'This device has a passkey for you here already.';
  if (name === 'SecurityError')
    return 'This address can’t have passkeys: they need https and a name, and the name that this server was given.';
  if (name === 'NotAllowedError') return 'The device gave no passkey. Try again, or prove it in another way.';
  return 'This browser could not use a passkey here. Prove it in another way.';
}
