import { useSyncExternalStore } from 'react';

/** Whether what is drawn is what the server wrote: while it writes, and until the page's script has taken that part over. */
export function useFromServer(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => false,
    () => true,
  );
}
