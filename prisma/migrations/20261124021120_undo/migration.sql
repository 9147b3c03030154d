-- AlterTable
ALTER TABLE "batch" ADD COLUMN     "undoes" UUID;

-- AlterTable
ALTER TABLE "follow_up" ADD COLUMN     "changed_by" TEXT,
ADD COLUMN     "withdrawn_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "shelf_entry" ADD COLUMN     "changed_by" TEXT;

-- CreateTable
CREATE TABLE "undo_item" (
    "batch_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "leaf" BYTEA NOT NULL,
    "category" TEXT NOT NULL,
    "connector" TEXT NOT NULL,
    "connection" TEXT,
    "do" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "request_digest" BYTEA NOT NULL,
    "undone_digest" BYTEA NOT NULL,

    CONSTRAINT "undo_item_pkey" PRIMARY KEY ("batch_id","ordinal")
);

-- CreateIndex
CREATE INDEX "batch_undoes_idx" ON "batch"("undoes");

-- What an undo would send is fixed when it is made (I5).
ALTER TABLE "undo_item" ADD CONSTRAINT "undo_item_digest_check" CHECK (
  octet_length("leaf") = 32 AND octet_length("request_digest") = 32 AND octet_length("undone_digest") = 32
);
CREATE TRIGGER "undo_item_append_only" BEFORE UPDATE OR DELETE ON "undo_item" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "undo_item_no_truncate" BEFORE TRUNCATE ON "undo_item" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "undo_item" ENABLE ALWAYS TRIGGER "undo_item_append_only";
ALTER TABLE "undo_item" ENABLE ALWAYS TRIGGER "undo_item_no_truncate";
