/** What lies on the shelves, by the batch and category that put it there. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { SHELF_COUNTED_MAX } from '#lib/core/limits.ts';
import { type ShelfGroup, shelfGroupsOf, shelfName } from '#lib/shapes/shelf.ts';
import { nounOf } from '#lib/steps/datasets/noun.ts';
import { badCursor, instantCursor, instantOf, limitOf, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readShelfGroups, type ShelfGroupRow } from '#lib/store/shelf/shelf.sql.ts';

export type ListShelfInput = PageInput & z.input<typeof shelfGroupsOf>;

/**
 * Those of the newest batch first; all of them, or of a batch, a category, a shelf. What was taken back lies there no longer.
 * @throws CountersignError `invalid`, also for a cursor of another list
 */
export async function listShelf(actor: Actor, input: ListShelfInput = {}): Promise<Page<ShelfGroup>> {
  authorise(actor, 'see');
  const { cursor, limit: asked, ...rest } = input;
  const limit = limitOf({ limit: asked });
  const { batchId = null, category = null, shelf = null } = readInput(shelfGroupsOf, rest);
  const rows = await readShelfGroups(db().pool, {
    after: groupCursor({ cursor }),
    only: { batchId, category, shelf },
    limit: limit + 1,
  });
  const { shown, next } = pageOf(rows, limit, cursorOf);
  return { items: shown.map(groupOf), next };
}

function groupOf({ batchCreatedAt: _, datasetFormat, since, ...row }: ShelfGroupRow): ShelfGroup {
  const more = row.count > SHELF_COUNTED_MAX;
  return {
    ...row,
    noun: nounOf(datasetFormat),
    count: more ? SHELF_COUNTED_MAX : row.count,
    more,
    since: since.toISOString(),
  };
}

const names = z.tuple([shelfName, shelfName]);

function cursorOf({ batchCreatedAt, batchId, category, shelf }: ShelfGroupRow): string {
  return `${instantOf({ createdAt: batchCreatedAt, id: batchId })}_${JSON.stringify([category, shelf])}`;
}

function groupCursor(input: PageInput) {
  const place = instantCursor(input);
  if (place === null) return null;
  const [category, shelf] = names.safeParse(parsed(input.cursor?.split('_').slice(2).join('_') ?? '')).data ?? [];
  if (category === undefined || shelf === undefined) throw badCursor();
  return { createdAt: place.createdAt, batchId: place.id, category, shelf };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badCursor();
  }
}
