/** Items of datasets, as a classifier that learns reads them. */
import type { ReadItems } from '#lib/classifiers/port.ts';
import { CLASSIFY_PAGE_ITEMS } from '#lib/core/limits.ts';
import { readItems, readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export const itemsToLearnFrom: ReadItems = {
  async facts(dataset) {
    const found = await readPlanningDataset(db().pool, dataset);
    return found && !found.deleted && found.state === 'ready'
      ? { items: found.itemCount, fields: found.fields.map(({ name }) => name) }
      : null;
  },
  async *items(dataset, ordinals, fields) {
    for (let from = 0; from < ordinals.length; from += CLASSIFY_PAGE_ITEMS) {
      const among = ordinals.slice(from, from + CLASSIFY_PAGE_ITEMS);
      // A page ends by the bytes of its items, too.
      for (let after = 0; ; ) {
        const page = await readItems(db().pool, dataset, { fields, after, limit: CLASSIFY_PAGE_ITEMS, among });
        if (page.length === 0) break;
        yield page;
        after = page.at(-1)?.ordinal ?? after;
        if (after >= (among.at(-1) ?? 0)) break;
      }
    }
  },
};
