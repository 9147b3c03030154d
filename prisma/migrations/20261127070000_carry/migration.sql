-- Revisions of a batch's rules (docs/rule-revisions.md). The first one is the batch's own plan.

-- AlterTable
ALTER TABLE "chunk" ADD COLUMN     "plan_revision" INTEGER NOT NULL DEFAULT 1;

-- CreateTable
CREATE TABLE "batch_plan" (
    "batch_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "plan" JSONB NOT NULL,
    "digest" BYTEA NOT NULL,
    "seq" INTEGER NOT NULL,
    "reviews" BIGINT NOT NULL,
    "from_chunk" INTEGER,
    "from_ordinal" INTEGER,
    "by" TEXT NOT NULL,
    "via" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "batch_plan_pkey" PRIMARY KEY ("batch_id","revision")
);

-- AddForeignKey
ALTER TABLE "batch_plan" ADD CONSTRAINT "batch_plan_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "batch_plan" ADD CONSTRAINT "batch_plan_revision_check" CHECK ("revision" >= 2);
ALTER TABLE "batch_plan" ADD CONSTRAINT "batch_plan_digest_check" CHECK (octet_length("digest") = 32);
ALTER TABLE "batch_plan" ADD CONSTRAINT "batch_plan_from_check" CHECK (("from_chunk" IS NULL) = ("from_ordinal" IS NULL));
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_plan_revision_check" CHECK ("plan_revision" >= 1) NOT VALID;

CREATE TRIGGER "batch_plan_append_only" BEFORE UPDATE OR DELETE ON "batch_plan" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "batch_plan_no_truncate" BEFORE TRUNCATE ON "batch_plan" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "batch_plan" ENABLE ALWAYS TRIGGER "batch_plan_append_only";
ALTER TABLE "batch_plan" ENABLE ALWAYS TRIGGER "batch_plan_no_truncate";
