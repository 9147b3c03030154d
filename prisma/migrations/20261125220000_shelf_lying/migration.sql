-- Which action left an entry as it is, in words that a list can be made of: its key alone says neither the batch nor the category.
ALTER TABLE "shelf_entry" ADD COLUMN     "last_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "last_batch_id" UUID,
ADD COLUMN     "last_category" TEXT;

UPDATE "shelf_entry" SET "last_batch_id" = "batch_id", "last_category" = "category", "last_at" = "at";

-- What was changed since names its action by the key, which stands in that action's intent.
UPDATE "shelf_entry" s SET "last_batch_id" = i.batch_id, "last_category" = i.category, "last_at" = coalesce(s.restored_at, i.at)
FROM (SELECT s.idempotency_key, r.batch_id, m.category, r.committed_at AS at
      FROM "shelf_entry" s JOIN "batch" b ON b.dataset_id = s.dataset_id
      JOIN "receipt" r ON r.batch_id = b.id AND r.ordinal = s.ordinal AND r.kind = 'intent'
      JOIN LATERAL (SELECT convert_from(r.body, 'UTF8')::json AS intent) t ON t.intent ->> 'idempotencyKey' = s.changed_by
      JOIN "manifest_row" m ON m.decision_id = (t.intent ->> 'decision')::uuid AND m.ordinal = s.ordinal
      WHERE s.changed_by IS NOT NULL) i
WHERE i.idempotency_key = s.idempotency_key;

ALTER TABLE "shelf_entry" ALTER COLUMN "last_batch_id" SET NOT NULL, ALTER COLUMN "last_category" SET NOT NULL;

-- What lies on the shelves, in the order in which it is listed and counted; and what was taken back, by whose it was. Prisma has no words for either.
CREATE INDEX "shelf_entry_lying_idx" ON "shelf_entry"("last_batch_id", "last_category", "shelf", "ordinal", "last_at") WHERE "restored_at" IS NULL;
CREATE INDEX "shelf_entry_taken_idx" ON "shelf_entry"("batch_id", "category", "shelf", "last_batch_id") WHERE "restored_at" IS NOT NULL;

-- DropIndex
DROP INDEX "shelf_entry_batch_id_category_ordinal_idx";
