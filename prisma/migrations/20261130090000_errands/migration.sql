-- Approved actions that agents carry out (docs/agents.md), and chunks that wait for them.

-- CreateTable
CREATE TABLE "errand" (
    "key" TEXT NOT NULL,
    "batch_id" UUID NOT NULL,
    "chunk_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "request_digest" BYTEA NOT NULL,
    "offered_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "given_to" TEXT,
    "given_name" TEXT,
    "given_at" TIMESTAMPTZ(3),
    "until" TIMESTAMPTZ(3),
    "answer" TEXT,
    "words" TEXT,
    "target" TEXT,
    "answered_at" TIMESTAMPTZ(3),
    "closed" TEXT,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "errand_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "errand_batch_id_ordinal_key_idx" ON "errand"("batch_id", "ordinal", "key");

-- CreateIndex
CREATE INDEX "errand_batch_id_closed_given_to_ordinal_idx" ON "errand"("batch_id", "closed", "given_to", "ordinal");

-- CreateIndex
CREATE INDEX "errand_chunk_id_closed_idx" ON "errand"("chunk_id", "closed");

ALTER TABLE "errand" ADD CONSTRAINT "errand_answer_check" CHECK ("answer" IN ('done', 'failed'));
ALTER TABLE "errand" ADD CONSTRAINT "errand_closed_check" CHECK ("closed" IN ('heard', 'silent', 'withdrawn'));
-- Whoever has it has it whole; nobody answers what nobody has; and what was withdrawn nobody had.
ALTER TABLE "errand" ADD CONSTRAINT "errand_given_check" CHECK (num_nonnulls("given_to", "given_name", "given_at", "until") IN (0, 4));
ALTER TABLE "errand" ADD CONSTRAINT "errand_answered_check" CHECK (
  ("answer" IS NULL) = ("answered_at" IS NULL) AND ("answer" IS NULL OR "given_to" IS NOT NULL)
  AND ("closed" IS NULL) = ("closed_at" IS NULL)
  AND ("given_to" IS NULL OR "closed" IS DISTINCT FROM 'withdrawn'::text) AND ("answer" IS NOT NULL OR "closed" IS DISTINCT FROM 'heard'::text)
);

ALTER TABLE "chunk" DROP CONSTRAINT "chunk_waits_for_check";
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_waits_for_check" CHECK (("waits_for" IS NULL) = ("not_before" IS NULL) AND "waits_for" IN ('rate', 'retry_after', 'target', 'agent'));

-- It leads two indexes, and a new batch is in no statistics of it.
ALTER TABLE "errand" ALTER COLUMN "batch_id" SET STATISTICS 0;
