-- Originals, readings, and datasets as a person's: renamed, deleted, replaced (docs/readings.md, docs/originals.md). Each constraint on a table that has rows
-- is added NOT VALID and validated by migrating, as those of 20261126080000_relations are.

-- AlterTable
ALTER TABLE "batch" ADD COLUMN     "accepted_unreadable" INTEGER,
ADD COLUMN     "reading_id" UUID;

-- AlterTable
ALTER TABLE "dataset" ADD COLUMN     "deleted_at" TIMESTAMPTZ(3),
ADD COLUMN     "deleted_by" TEXT,
ADD COLUMN     "supersedes" UUID;

-- CreateTable
CREATE TABLE "source" (
    "digest" BYTEA NOT NULL,
    "bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "source_pkey" PRIMARY KEY ("digest")
);

-- CreateTable
CREATE TABLE "dataset_source" (
    "dataset_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "digest" BYTEA NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "dataset_source_pkey" PRIMARY KEY ("dataset_id","position")
);

-- CreateTable
CREATE TABLE "dataset_reading" (
    "id" UUID NOT NULL,
    "dataset_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "body" BYTEA,
    "digest" BYTEA NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "dataset_reading_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "dataset_source_digest_idx" ON "dataset_source"("digest");

-- CreateIndex
CREATE UNIQUE INDEX "dataset_reading_dataset_id_revision_key" ON "dataset_reading"("dataset_id", "revision");

-- CreateIndex
CREATE INDEX "batch_dataset_id_idx" ON "batch"("dataset_id");

-- CreateIndex
CREATE INDEX "dataset_digest_idx" ON "dataset"("digest");

-- AddForeignKey
ALTER TABLE "batch" ADD CONSTRAINT "batch_reading_id_fkey" FOREIGN KEY ("reading_id") REFERENCES "dataset_reading"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "dataset" ADD CONSTRAINT "dataset_supersedes_fkey" FOREIGN KEY ("supersedes") REFERENCES "dataset"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "dataset_source" ADD CONSTRAINT "dataset_source_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "dataset"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "dataset_source" ADD CONSTRAINT "dataset_source_digest_fkey" FOREIGN KEY ("digest") REFERENCES "source"("digest") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "dataset_reading" ADD CONSTRAINT "dataset_reading_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "dataset"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "source" ADD CONSTRAINT "source_digest_check" CHECK (octet_length("digest") = 32 AND "bytes" >= 0);
ALTER TABLE "dataset_reading" ADD CONSTRAINT "dataset_reading_revision_check" CHECK ("revision" >= 1 AND octet_length("digest") = 32);
ALTER TABLE "dataset" ADD CONSTRAINT "dataset_deleted_check" CHECK (("deleted_at" IS NULL) = ("deleted_by" IS NULL)) NOT VALID;

-- A reading is what batches were planned by. It is append-only; with the last rows of its dataset its body may go, which holds examples of values: the digest
-- stays. What a batch has read by stays whole.
CREATE FUNCTION "allow_reading_erasure_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.body IS NOT NULL
     OR (NEW.id, NEW.dataset_id, NEW.revision, NEW.digest, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.dataset_id, OLD.revision, OLD.digest, OLD.created_by, OLD.created_at)
     OR EXISTS (SELECT FROM public.batch WHERE dataset_id = OLD.dataset_id) THEN
    RAISE EXCEPTION 'dataset_reading is append-only: the body of one that no batch can have read by can only be erased (set to null)'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER "dataset_reading_erasure_only" BEFORE UPDATE ON "dataset_reading" FOR EACH ROW EXECUTE FUNCTION "allow_reading_erasure_only"();
CREATE TRIGGER "dataset_reading_no_delete" BEFORE DELETE ON "dataset_reading" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "dataset_reading_no_truncate" BEFORE TRUNCATE ON "dataset_reading" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

ALTER TABLE "dataset_reading" ENABLE ALWAYS TRIGGER "dataset_reading_erasure_only";
ALTER TABLE "dataset_reading" ENABLE ALWAYS TRIGGER "dataset_reading_no_delete";
ALTER TABLE "dataset_reading" ENABLE ALWAYS TRIGGER "dataset_reading_no_truncate";
