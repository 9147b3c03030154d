-- Under which claim an agent said what its items are: the trail names it for each (docs/trail.md).

-- CreateTable
CREATE TABLE "agent_report" (
    "id" UUID NOT NULL,
    "chunk_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "plan_revision" INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    "ordinals" INTEGER[],
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "agent_report_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "agent_report_chunk_id_at_idx" ON "agent_report"("chunk_id", "at");
