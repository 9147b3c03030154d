/**
 * The manifest: the exact ordered list of (item, category, action, parameters) at a checkpoint. Its digest is what a person approves
 * and what execution verifies; the root binds one decision to several chunks.
 */
import { createHash } from 'node:crypto';
import type { IntentBody } from '#lib/ledger/receipt.ts';

export type ManifestEntry = {
  ordinal: number;
  category: string;
  /** null: the category has no action */
  action: IntentBody['action'] | null;
  /** SHA-256 of the frozen request, hex; null without an action */
  request: string | null;
  /** SHA-256 of the item's original bytes, hex */
  item: string;
};

/** Feeds entries in ascending ordinal order; `digest()` gives SHA-256, hex, over one JSON array a line. Throws when out of order. */
export function manifestHasher(): { add(entry: ManifestEntry): void; digest(): string } {
  const sha = createHash('sha256');
  let last = 0;
  return {
    add(entry) {
      if (entry.ordinal <= last) throw new Error(`Manifest rows must ascend: ${entry.ordinal} came after ${last}.`);
      last = entry.ordinal;
      const { action } = entry;
      // An array has one order of members, so JSON.stringify is canonical here.
      const acts = action === null ? null : [action.connector, action.connection, action.do, action.version];
      sha.update(`${JSON.stringify([entry.ordinal, entry.category, acts, entry.request, entry.item])}\n`);
    },
    digest: () => sha.digest('hex'),
  };
}

/** The root over what one decision covers: SHA-256, hex, of (chunk, revision, manifest digest) in ascending chunk order. */
export function decisionRoot(chunks: readonly { number: number; revision: number; digest: string }[]): string {
  const ascending = [...chunks].sort((a, b) => a.number - b.number);
  const lines = ascending.map(({ number, revision, digest }) => `${JSON.stringify([number, revision, digest])}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
