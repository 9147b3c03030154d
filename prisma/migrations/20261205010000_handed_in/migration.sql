-- What agents commit in checkouts of their own and hand in for the items of a chunk (docs/git.md).

-- CreateTable
CREATE TABLE "hand_in" (
    "chunk_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "digest" BYTEA NOT NULL,
    "tip" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "commits" INTEGER NOT NULL,
    "written" INTEGER NOT NULL,
    "moved" INTEGER NOT NULL,
    "removed" INTEGER NOT NULL,
    "unchanged" INTEGER NOT NULL,

    CONSTRAINT "hand_in_pkey" PRIMARY KEY ("chunk_id","epoch","digest")
);

-- CreateTable
CREATE TABLE "handed_change" (
    "batch_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "chunk_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "commit" TEXT NOT NULL,
    "path_digest" BYTEA,
    "change" BYTEA,
    "bytes" INTEGER NOT NULL,

    CONSTRAINT "handed_change_pkey" PRIMARY KEY ("batch_id","ordinal")
);

-- CreateIndex
CREATE INDEX "handed_change_chunk_id_ordinal_idx" ON "handed_change"("chunk_id", "ordinal");

-- CreateIndex
CREATE INDEX "handed_change_batch_id_path_digest_idx" ON "handed_change"("batch_id", "path_digest");

-- It leads two indexes, and a new batch is in no statistics of it.
ALTER TABLE "handed_change" ALTER COLUMN "batch_id" SET STATISTICS 0;
