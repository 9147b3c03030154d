-- Which columns a person wants to see of items (docs/checkpoint.md).

-- CreateTable
CREATE TABLE "column_choice" (
    "by" TEXT NOT NULL,
    "shape" BYTEA NOT NULL,
    "fields" TEXT[],
    "chosen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "column_choice_pkey" PRIMARY KEY ("by","shape")
);
