-- Changes of files in a repository, committed here until a push takes them along (docs/git.md).

-- CreateTable
CREATE TABLE "staged_change" (
    "key" TEXT NOT NULL,
    "connection_id" UUID NOT NULL,
    "branch" TEXT NOT NULL,
    "batch_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "request_digest" BYTEA NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "pushing" TEXT,
    "pushed" TEXT,
    "files" JSONB,
    "withdrawn_by" TEXT,

    CONSTRAINT "staged_change_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "staged_change_batch_id_ordinal_idx" ON "staged_change"("batch_id", "ordinal");
