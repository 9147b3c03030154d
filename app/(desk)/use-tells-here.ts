import { useEffect } from 'react';
import { tellHereAction } from './you/actions.ts';

/** At most so often. */
const TELL_MS = 60_000;

/** Tells the server that somebody is at the page, where a session ends that nobody uses: what an open page asks by itself does not count there. */
export function useTellsHere(on: boolean): void {
  useEffect(() => {
    if (!on) return;
    let told = performance.now();
    const here = (): void => {
      if (performance.now() - told < TELL_MS) return;
      told = performance.now();
      // Who is signed out by now hears of it from what they do next.
      tellHereAction({}).catch(() => {});
    };
    const signs = ['pointerdown', 'keydown', 'wheel'] as const;
    for (const sign of signs) window.addEventListener(sign, here, { passive: true });
    return () => {
      for (const sign of signs) window.removeEventListener(sign, here);
    };
  }, [on]);
}
