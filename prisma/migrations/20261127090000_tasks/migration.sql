-- Who does a follow-up task, and what people did with it: a task that was done and is open again has not lost who did it.

-- AlterTable
ALTER TABLE "follow_up" ADD COLUMN     "assignee" TEXT;

-- CreateTable
CREATE TABLE "follow_up_act" (
    "id" BIGSERIAL NOT NULL,
    "follow_up_id" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "to" TEXT,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "follow_up_act_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "follow_up_act_follow_up_id_id_idx" ON "follow_up_act"("follow_up_id", "id");

-- CreateIndex
CREATE INDEX "follow_up_batch_id_id_idx" ON "follow_up"("batch_id", "id");

-- CreateIndex
CREATE INDEX "follow_up_assignee_id_idx" ON "follow_up"("assignee", "id");

-- AddForeignKey
ALTER TABLE "follow_up_act" ADD CONSTRAINT "follow_up_act_follow_up_id_fkey" FOREIGN KEY ("follow_up_id") REFERENCES "follow_up"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "follow_up_act" ADD CONSTRAINT "follow_up_act_kind_check" CHECK ("kind" IN ('done', 'reopened', 'assigned'));

CREATE TRIGGER "follow_up_act_append_only" BEFORE UPDATE OR DELETE ON "follow_up_act" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "follow_up_act_no_truncate" BEFORE TRUNCATE ON "follow_up_act" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "follow_up_act" ENABLE ALWAYS TRIGGER "follow_up_act_append_only";
ALTER TABLE "follow_up_act" ENABLE ALWAYS TRIGGER "follow_up_act_no_truncate";
