'use client';

import { useState } from 'react';

/** A digest by its first digits; a press copies the whole. */
export function Digest({ hex, label = 'Digest' }: { hex: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(hex).catch(() => undefined);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button
      type="button"
      onClick={copy}
      title={hex}
      aria-label={`${label} ${hex.slice(0, 12)}, copy`}
      className="rounded-md px-1 font-mono text-12 text-muted hover:bg-sunken hover:text-text"
    >
      {copied ? 'copied' : `${hex.slice(0, 12)}…`}
    </button>
  );
}
