-- Reviews, receipts of the batch itself (chunk 0), one seed per batch, who claimed a checkpoint, who brought whom in (docs/evidence.md, docs/trail.md). Each
-- constraint on a table that has rows is added NOT VALID and validated by migrating, as those of 20261126080000_relations are.

-- AlterTable
ALTER TABLE "batch" ADD COLUMN     "seed" BYTEA,
ADD COLUMN     "seq" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "chunk" ADD COLUMN     "reviewer" TEXT,
ADD COLUMN     "reviewer_since" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "correction" ADD COLUMN     "chunk" INTEGER,
ADD COLUMN     "seq" INTEGER;

-- AlterTable
ALTER TABLE "user" ADD COLUMN     "confirmed_by" TEXT,
ADD COLUMN     "invited_by" TEXT;

-- Who let whom in stands in the links that were used: the address is the person's.
UPDATE "user" u SET "invited_by" = 'user:' || l."created_by" FROM "setup_link" l
WHERE l."email" = u."email" AND l."used_at" IS NOT NULL AND l."created_by" IS NOT NULL AND l."created_by" <> u."id";

-- CreateTable
CREATE TABLE "review" (
    "id" BIGSERIAL NOT NULL,
    "batch_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "category" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "review_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "review_batch_id_ordinal_id_idx" ON "review"("batch_id", "ordinal", "id");

ALTER TABLE "batch" ADD CONSTRAINT "batch_seed_check" CHECK (octet_length("seed") = 32) NOT VALID;
ALTER TABLE "batch" ADD CONSTRAINT "batch_seq_check" CHECK ("seq" >= 0) NOT VALID;
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_reviewer_check" CHECK (("reviewer" IS NULL) = ("reviewer_since" IS NULL)) NOT VALID;
ALTER TABLE "correction" ADD CONSTRAINT "correction_receipt_check" CHECK (("chunk" IS NULL) = ("seq" IS NULL)) NOT VALID;
ALTER TABLE "review" ADD CONSTRAINT "review_verdict_check" CHECK ("verdict" IN ('right', 'wrong', 'withdrawn'));

-- More kinds of receipt. Only what is a step of an action has an ordinal and a step; chunk 0 is the batch itself.
ALTER TABLE "receipt" DROP CONSTRAINT "receipt_kind_check",
ADD CONSTRAINT "receipt_kind_check" CHECK (
  "kind" IN ('intent', 'outcome', 'resolution', 'decision', 'correction', 'start', 'plan', 'closing', 'attestation')) NOT VALID;
ALTER TABLE "receipt" DROP CONSTRAINT "receipt_step_check",
ADD CONSTRAINT "receipt_step_check" CHECK (
  CASE WHEN "kind" IN ('intent', 'outcome', 'resolution') THEN "ordinal" IS NOT NULL AND "step" IS NOT NULL AND "step" >= 1
  ELSE "ordinal" IS NULL AND "step" IS NULL END) NOT VALID;
ALTER TABLE "receipt" DROP CONSTRAINT "receipt_seq_check",
ADD CONSTRAINT "receipt_seq_check" CHECK ("seq" >= 1 AND "chunk" >= 0 AND ("chunk" = 0) = ("kind" IN ('start', 'plan', 'closing'))) NOT VALID;

CREATE TRIGGER "review_append_only" BEFORE UPDATE OR DELETE ON "review" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "review_no_truncate" BEFORE TRUNCATE ON "review" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "review" ENABLE ALWAYS TRIGGER "review_append_only";
ALTER TABLE "review" ENABLE ALWAYS TRIGGER "review_no_truncate";
