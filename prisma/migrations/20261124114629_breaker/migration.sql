-- AlterTable
ALTER TABLE "chunk" ADD COLUMN     "incident_id" UUID,
ADD COLUMN     "targets" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "breaker" (
    "target" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "probe" UUID,
    "incident_id" UUID NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "breaker_pkey" PRIMARY KEY ("target")
);

ALTER TABLE "breaker" ADD CONSTRAINT "breaker_state_check" CHECK ("state" IN ('open', 'probing'));
