'use client';

import { useState } from 'react';

/** Copies a text, and says for a moment what came of it; null when there is nothing to say. */
export function useCopy(): { told: string | null; copy: (text: string) => Promise<void> } {
  const [told, setTold] = useState<string | null>(null);
  const copy = async (text: string) => {
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setTold(copied ? 'copied' : 'can’t copy here');
    setTimeout(() => setTold(null), 1_500);
  };
  return { told, copy };
}
