/** Where to go when a start was refused: to what blocks it. Pure. */
import type { Refusal } from '#components/ui/outcome.ts';
import { connectionName } from '#lib/core/connections/target.ts';

export type RefusalLink = { href: string; words: string };

/** @param of the dataset of the plan, and the batch that was made of it and not started */
export function refusalLinks(
  { facts = {}, code }: Pick<Refusal, 'code' | 'facts'>,
  of: { datasetId: string; made: string | null },
): RefusalLink[] {
  const { batchId, unreadable, questions } = facts;
  return [
    ...(typeof batchId === 'string' ? [{ href: `/batches/${batchId}`, words: 'The batch that claims them' }] : []),
    ...(typeof unreadable === 'number'
      ? [{ href: `/datasets/${of.datasetId}?tab=unreadable`, words: 'The rows that could not be read' }]
      : []),
    ...(Array.isArray(questions) ? [{ href: `/datasets/${of.datasetId}/reading`, words: 'How the file was read' }] : []),
    ...(of.made === null
      ? []
      : code === 'stale'
        ? [{ href: `/batches/${of.made}?tab=plan`, words: 'The plan as it is now' }]
        : [{ href: `/batches/${of.made}`, words: 'The batch as it was saved' }]),
  ];
}

/** A target as people paused it, or as it failed: scheme, host and port, behind the name of a connection. */
export type StoppedTarget = { target: string; message: string };

/** Those of the targets that the addresses of a plan go to, as far as an address names its host without a field. */
export function stoppedFor<Target extends StoppedTarget>(
  categories: readonly { action: { connection?: string | null; with: Record<string, unknown> } | null }[],
  targets: readonly Target[],
): Target[] {
  const hosts = new Set(categories.flatMap(({ action }) => hostOf(action?.with.url) ?? []));
  const connections = new Set(categories.flatMap(({ action }) => action?.connection ?? []));
  return targets.filter(({ target }) => hosts.has(hostOf(target) ?? '') || connections.has(connectionName(target) ?? ''));
}

function hostOf(address: unknown): string | null {
  if (typeof address !== 'string') return null;
  const [, origin] = /^(https?:\/\/[^/?#{}]+)(?:[/?#]|$)/i.exec(address) ?? [];
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).origin : null;
}
