-- CreateTable
CREATE TABLE "inspection" (
    "batch_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "finding" TEXT NOT NULL,
    "target" TEXT,
    "reason" TEXT,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "inspection_pkey" PRIMARY KEY ("batch_id","ordinal","step")
);
