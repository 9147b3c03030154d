'use client';

import { useKeys } from '#components/ui/use-keys.ts';
import { handlersOf, type KeyActs } from './keys.ts';

/** A checkpoint by keyboard alone; KeyHelp lists the same keys. */
export function useCheckpointKeys(acts: KeyActs): void {
  useKeys(handlersOf(acts));
}
