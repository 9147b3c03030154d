-- How a chunk was classified before it was classified again, where a decision rests on it: an auditor does the draws over it again. A byte for each item, in the order of
-- the ordinals: the place of its category in `categories`. Written in the transaction that drops the classifications, and never changed. Without a foreign key, as `classification`.

-- CreateTable
CREATE TABLE "kept_classification" (
    "batch_id" UUID NOT NULL,
    "chunk" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL,
    "plan_revision" INTEGER NOT NULL,
    "categories" TEXT[],
    "items" BYTEA NOT NULL,

    CONSTRAINT "kept_classification_pkey" PRIMARY KEY ("batch_id","chunk","revision")
);

CREATE TRIGGER "kept_classification_append_only" BEFORE UPDATE OR DELETE ON "kept_classification" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "kept_classification_no_truncate" BEFORE TRUNCATE ON "kept_classification" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "kept_classification" ENABLE ALWAYS TRIGGER "kept_classification_append_only";
ALTER TABLE "kept_classification" ENABLE ALWAYS TRIGGER "kept_classification_no_truncate";
