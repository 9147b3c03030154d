/** Datasets, their items and what could not be read of them. */

import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { type DatasetItem, type DatasetView, storedDialect, storedFields, type UnreadableRow } from '#lib/shapes/datasets.ts';
import { isId } from '#lib/steps/ids.ts';
import { instantCursor, instantOf, limitOf, numberCursor, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { type DatasetHead, readDatasetHead, readDatasetHeads, readUnreadablePage } from '#lib/store/datasets/datasets.ts';
import { readItemPage } from '#lib/store/datasets/items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { drawnOf, labelsOf, nounOf } from './noun.ts';

/** The newest first, without those that were deleted. @throws CountersignError `invalid` for a cursor of another list. */
export async function readDatasets(actor: Actor, input: PageInput = {}): Promise<Page<DatasetView>> {
  authorise(actor, 'see');
  const limit = limitOf(input);
  const rows = await readDatasetHeads(db(), { before: instantCursor(input), limit: limit + 1 });
  const { shown, next } = pageOf(rows, limit, instantOf);
  return { items: shown.map(viewOf), next };
}

/** The dataset, or null. One that was deleted says so. */
export async function readDataset(actor: Actor, { id }: { id: string }): Promise<DatasetView | null> {
  authorise(actor, 'see');
  return readDatasetAlone(actor, { id });
}

/** The same for whoever may know what a dataset is, and see none of its items. */
export async function readDatasetAlone(actor: Actor, { id }: { id: string }): Promise<DatasetView | null> {
  authorise(actor, 'see_dataset');
  if (!isId(id)) return null;
  const row = await readDatasetHead(db(), id);
  if (!row) return null;
  await tellOpened(actor, 'dataset_opened', row);
  return viewOf(row);
}

/** Its items in the order of the file, while it is receiving too; a page of large items is shorter. Null without the dataset. Fields come in the file's order. */
export async function readItems(actor: Actor, { id, ...input }: { id: string } & PageInput): Promise<Page<DatasetItem> | null> {
  const dataset = await readDataset(actor, { id });
  if (!dataset || dataset.deletedAt !== null) return null;
  const limit = limitOf(input);
  const { rows, more } = await readItemPage(db().pool, id, numberCursor(input), limit);
  const names = dataset.fields.map(({ name }) => name);
  const { shown, next } = pageOf(rows, limit, ({ ordinal }) => ordinal, more);
  return { items: shown.map(({ ordinal, fields }) => ({ ordinal, fields: inOrder(fields, names) })), next };
}

/** The rows that could not be read, in the order of the file; null without the dataset. */
export async function readUnreadable(
  actor: Actor,
  { id, ...input }: { id: string } & PageInput,
): Promise<Page<UnreadableRow> | null> {
  const dataset = await readDataset(actor, { id });
  if (!dataset || dataset.deletedAt !== null) return null;
  const limit = limitOf(input);
  const rows = await readUnreadablePage(db(), id, numberCursor(input), limit + 1);
  const { shown, next } = pageOf(rows, limit, ({ line }) => line);
  return { items: shown.map(({ excerpt, ...row }) => ({ ...row, excerpt: Buffer.from(excerpt).toString('utf8') })), next };
}

function viewOf(head: DatasetHead): DatasetView {
  const { value: fields, odd: notes } = storedFields(head.fields);
  return {
    ...head,
    noun: nounOf(head.format),
    labels: labelsOf(head.format),
    drawn: drawnOf(head.format),
    dialect: storedDialect(head.dialect),
    fields,
    notes,
    createdAt: head.createdAt.toISOString(),
    readyAt: head.readyAt?.toISOString() ?? null,
    deletedAt: head.deletedAt?.toISOString() ?? null,
  };
}

/** jsonb keeps keys in an order of its own. `fromEntries` makes own properties of all of them, `__proto__` included. */
export function inOrder(fields: Record<string, string>, names: readonly string[]): Record<string, string> {
  const known = names.filter((name) => Object.hasOwn(fields, name));
  // While a dataset is receiving its profile may not be written yet.
  const order = known.length > 0 ? known : Object.keys(fields);
  return Object.fromEntries(order.map((name) => [name, fields[name] ?? '']));
}
