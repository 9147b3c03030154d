-- What the live board shows, and what an admin does there.

-- AlterTable
ALTER TABLE "worker" ADD COLUMN     "wish" TEXT;
ALTER TABLE "worker" ADD CONSTRAINT "worker_wish_check" CHECK ("wish" IN ('drain', 'stop'));

-- AlterTable
ALTER TABLE "incident" ADD COLUMN     "acknowledged_at" TIMESTAMPTZ(3),
ADD COLUMN     "acknowledged_by" TEXT;

-- AlterTable
ALTER TABLE "breaker" ADD COLUMN     "paused_by" TEXT;

-- CreateTable
CREATE TABLE "worker_tally" (
    "at" TIMESTAMPTZ(0) NOT NULL,
    "worker_id" UUID NOT NULL,
    "receipts" INTEGER NOT NULL,
    "classified" INTEGER NOT NULL,

    CONSTRAINT "worker_tally_pkey" PRIMARY KEY ("at","worker_id")
);

-- CreateTable
CREATE TABLE "target_tally" (
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "target" TEXT NOT NULL,
    "worker_id" UUID NOT NULL,
    "requests" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "latencies" INTEGER[],

    CONSTRAINT "target_tally_pkey" PRIMARY KEY ("minute","target","worker_id")
);

-- CreateTable
CREATE TABLE "database_size" (
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "bytes" BIGINT NOT NULL,

    CONSTRAINT "database_size_pkey" PRIMARY KEY ("hour")
);
