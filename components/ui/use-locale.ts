import { useSyncExternalStore } from 'react';

/** The person's language as the browser has it, for numbers that they type; English before the browser takes over. */
export function useLocale(): string {
  return useSyncExternalStore(never, browserLocale, noLocale);
}

const never = () => () => {};
const browserLocale = () => navigator.language;
const noLocale = () => 'en';
