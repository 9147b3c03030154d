-- What agents append to a chunk's task (docs/agents.md), and which of them has a chunk.

-- AlterTable
ALTER TABLE "chunk" ADD COLUMN "agent" TEXT, ADD COLUMN "agent_name" TEXT;

-- CreateTable
CREATE TABLE "append" (
    "id" BIGSERIAL NOT NULL,
    "batch_id" UUID NOT NULL,
    "chunk" INTEGER NOT NULL,
    "key" BYTEA NOT NULL,
    "ordinal" INTEGER,
    "seq" INTEGER,
    "text" TEXT,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "append_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "append_batch_id_chunk_key_key" ON "append"("batch_id", "chunk", "key");

-- CreateIndex
CREATE INDEX "append_batch_id_chunk_id_idx" ON "append"("batch_id", "chunk", "id");

ALTER TABLE "append" ADD CONSTRAINT "append_key_check" CHECK (octet_length("key") = 32);
-- A note has its text here; an attestation has it beside its receipt.
ALTER TABLE "append" ADD CONSTRAINT "append_text_check" CHECK (("seq" IS NULL) = ("text" IS NOT NULL));

-- It leads two indexes, and a new batch is in no statistics of it.
ALTER TABLE "append" ALTER COLUMN "batch_id" SET STATISTICS 0;
