'use client';

import { useState } from 'react';

/** Copies a text to the last character, those that nobody sees included. */
export function CopyExact({ text }: { text: string }) {
  const [told, setTold] = useState('copy exactly');
  const copy = async () => {
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setTold(copied ? 'copied' : 'can’t copy here');
    setTimeout(() => setTold('copy exactly'), 1_500);
  };
  return (
    <button
      type="button"
      onClick={copy}
      title="Copies the text with the characters that nobody sees. What you select and copy has their names instead."
      className="ml-1 rounded-md px-1 text-12 whitespace-nowrap text-muted underline underline-offset-2 hover:text-text"
    >
      {told}
    </button>
  );
}
