'use client';

import { useCopy } from './use-copy.ts';

/** Copies a text to the last character, those that nobody sees included. */
export function CopyExact({ text }: { text: string }) {
  const { told, copy } = useCopy();
  return (
    <button
      type="button"
      onClick={() => copy(text)}
      title="Copies the text with the characters that nobody sees. What you select and copy has their names instead."
      className="ml-1 rounded-md px-1 text-12 whitespace-nowrap text-muted underline underline-offset-2 hover:text-text"
    >
      {told ?? 'copy exactly'}
    </button>
  );
}
