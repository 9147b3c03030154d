-- How what a model's server counts compares with what was thought of its calls: later calls are sized and reserved for by it (docs/models.md).

-- CreateTable
CREATE TABLE "model_measure" (
    "connection_id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "thought" DOUBLE PRECISION NOT NULL,
    "counted" DOUBLE PRECISION NOT NULL,
    "over" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "model_measure_pkey" PRIMARY KEY ("connection_id", "model")
);
