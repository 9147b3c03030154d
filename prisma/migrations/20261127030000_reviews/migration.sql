-- Who has a checkpoint open (docs/reviews.md).

-- CreateTable
CREATE TABLE "visit" (
    "id" UUID NOT NULL,
    "chunk_id" UUID NOT NULL,
    "by" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "visit_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "visit_chunk_id_idx" ON "visit"("chunk_id");
