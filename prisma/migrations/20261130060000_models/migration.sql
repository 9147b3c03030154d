-- Models classify (docs/models.md): what each call was, and what a batch has spent on them.

-- CreateTable
CREATE TABLE "model_call" (
    "id" UUID NOT NULL,
    "batch_id" UUID,
    "dataset_id" UUID NOT NULL,
    "chunk_id" UUID,
    "epoch" INTEGER,
    "revision" INTEGER,
    "plan_revision" INTEGER,
    "connection_id" UUID NOT NULL,
    "connection" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "instruction" BYTEA NOT NULL,
    "asked" INTEGER[],
    "answered" INTEGER[] DEFAULT ARRAY[]::INTEGER[],
    "reserved" BIGINT NOT NULL,
    "cost" BIGINT,
    "currency" TEXT NOT NULL,
    "tokens_in" INTEGER,
    "tokens_out" INTEGER,
    "outcome" TEXT NOT NULL DEFAULT 'sent',
    "reason" TEXT,
    "by" TEXT NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "model_call_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_spend" (
    "batch_id" UUID NOT NULL,
    "spent" BIGINT NOT NULL DEFAULT 0,
    "at_most" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,

    CONSTRAINT "model_spend_pkey" PRIMARY KEY ("batch_id")
);

-- CreateIndex
CREATE INDEX "model_call_chunk_id_sent_at_idx" ON "model_call"("chunk_id", "sent_at");

-- CreateIndex
CREATE INDEX "model_call_batch_id_idx" ON "model_call"("batch_id");

ALTER TABLE "model_call" ADD CONSTRAINT "model_call_outcome_check" CHECK ("outcome" IN ('sent', 'answered', 'refused', 'broken'));
ALTER TABLE "model_call" ADD CONSTRAINT "model_call_reserved_check" CHECK ("reserved" >= 0 AND "cost" >= 0);
ALTER TABLE "model_spend" ADD CONSTRAINT "model_spend_check" CHECK ("spent" >= 0 AND "at_most" >= 0);
