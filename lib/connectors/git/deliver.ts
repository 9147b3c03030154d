/** What a batch's changes come to, for somebody to approve: one push for each repository and branch. Commits are made here and nothing is sent. */
import type { Connections } from '#lib/connectors/http/credentials.ts';
import type { Delivery } from '#lib/connectors/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { readChanges, readPlaces, type StagedPlace } from '#lib/store/repositories/staged.ts';
import { type Built, buildCommits } from './commits.ts';
import { whyNot } from './failures.ts';
import { branchFault } from './names.ts';
import { rangesText } from './ranges.ts';
import { type Opening, openRepository, Unreached } from './repository.ts';

type With = { models: WithModels; connections: Connections; opening: Opening };

/**
 * @param to the branch that they go to; null: the one that they were read from
 * @throws CountersignError `invalid` for a name that is none, `conflict` where a connection or a branch is gone, `unavailable` where a server can't be read
 */
export async function gathered(
  { models, connections, opening }: With,
  batchId: string,
  { to }: { to: string | null },
  signal: AbortSignal,
): Promise<Delivery[]> {
  const fault = to === null ? null : branchFault(to);
  if (fault !== null)
    throw new CountersignError('invalid', `“${to}” ${fault}.`, { problems: [{ path: 'to', message: `This ${fault}.` }] });
  const deliveries: Delivery[] = [];
  for (const place of await readPlaces(models, batchId)) {
    const live = await connections(place.connectionId);
    if (!live) throw new CountersignError('conflict', 'The connection to a repository of this batch is not there any more.');
    try {
      const repository = await openRepository(live, opening, signal);
      const base = await repository.fetch(place.branch);
      if (base === null) throw new CountersignError('conflict', `“${live.name}” has no branch “${place.branch}” any more.`);
      const target = to ?? place.branch;
      const was = target === place.branch ? base : await repository.head(target);
      const built = await buildCommits(repository, base, readChanges(models, place, { items: () => true, tip: null }));
      if (built.commits.length > 0) deliveries.push(delivery(live.name, place, { ...built, base, to: target, was }));
      else deliveries.push({ ...about(live.name, place, built), fields: null });
    } catch (error) {
      if (!(error instanceof Unreached)) throw error;
      throw new CountersignError('unavailable', `“${live.name}” could not be read. ${whyNot(error.reason)}`, { cause: error });
    }
  }
  return deliveries;
}

const FILES_TOLD = 200;

function about(connection: string, { branch }: StagedPlace, { left }: Built): Pick<Delivery, 'connection' | 'where' | 'left'> {
  return { connection, where: branch, left: byWhy(left) };
}

function byWhy(left: Built['left']): Delivery['left'] {
  const whys = Map.groupBy(left, ({ why }) => why);
  return [...whys].map(([why, items]) => ({ why, count: items.length, first: items[0]?.path ?? '' }));
}

/** For whoever approves the push: "1: the file was changed since it was read (a.md)". */
function leftWords(left: Built['left']): string {
  const told = byWhy(left).map(({ why, count, first }) => `${count}: ${why} (${first}${count > 1 ? ', …' : ''})`);
  return told.length === 0 ? 'none' : told.join('\n');
}

function delivery(
  connection: string,
  place: StagedPlace,
  { base, to, was, tip, commits, left }: Built & { base: string; to: string; was: string | null },
): Delivery {
  const files = commits.flatMap((commit) => commit.files);
  const listed = files
    .slice(0, FILES_TOLD)
    .map(({ path, before, after }) => `${before === null ? 'A' : after === null ? 'D' : 'M'} ${path}`);
  if (files.length > FILES_TOLD) listed.push(`… and ${files.length - FILES_TOLD} more`);
  return {
    ...about(connection, place, { tip, commits, left }),
    fields: {
      ...{ connection, branch: place.branch, to, commits: String(commits.length), left_out: leftWords(left) },
      ...{ files: listed.join('\n'), items: rangesText(commits.map(({ ordinal }) => ordinal)), base, was: was ?? '', tip },
    },
    items: commits.length,
    action: { do: 'push', with: { batch: place.batchId, to: '{{to}}' } },
  };
}
