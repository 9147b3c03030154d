-- AlterTable
ALTER TABLE "batch" ADD COLUMN     "refolded_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "chunk_fold" (
    "batch_id" UUID NOT NULL,
    "chunk" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "receipts" INTEGER NOT NULL,
    "intent" INTEGER NOT NULL,
    "succeeded" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "uncertain" INTEGER NOT NULL,
    "skipped" INTEGER NOT NULL,
    "not_executed" INTEGER NOT NULL,
    "abandoned" INTEGER NOT NULL,
    "decision_id" UUID,
    "approved" INTEGER NOT NULL,
    "difference" INTEGER NOT NULL,
    "checked_at" TIMESTAMPTZ(3) NOT NULL,
    "refolded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "chunk_fold_pkey" PRIMARY KEY ("batch_id","chunk")
);

-- CreateTable
CREATE TABLE "chunk_look" (
    "chunk_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "counts" JSONB NOT NULL,
    "random" JSONB NOT NULL,
    "unsure" JSONB NOT NULL,

    CONSTRAINT "chunk_look_pkey" PRIMARY KEY ("chunk_id")
);

-- It is written again every few seconds while its chunk is executed: leave room for it on its page.
ALTER TABLE "chunk_fold" SET (fillfactor = 80);

-- Whose sums are still watched: what is not over, and what was not folded again since it was. Prisma has no words for these indexes.
CREATE INDEX "batch_watched_idx" ON "batch"("started_at") WHERE "refolded_at" IS NULL AND "state" <> 'proposed';

-- What failed and what is uncertain is a small part of the receipts, and is listed without reading the others.
CREATE INDEX "receipt_failed_idx" ON "receipt"("batch_id", "chunk") WHERE "result" = 'failed';
CREATE INDEX "receipt_uncertain_idx" ON "receipt"("batch_id", "chunk", "result") WHERE "result" IN ('uncertain', 'abandoned');
