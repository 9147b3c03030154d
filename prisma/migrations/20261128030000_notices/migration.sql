-- What people are told of: matters, the notices of each to whom it concerns, and how each person wants to be told (docs/notices.md).

-- CreateTable
CREATE TABLE "matter" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "about" TEXT NOT NULL,
    "facts" JSONB NOT NULL,
    "began_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "over_at" TIMESTAMPTZ(3),
    "batch_id" UUID,

    CONSTRAINT "matter_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notice" (
    "id" BIGSERIAL NOT NULL,
    "matter_id" BIGINT NOT NULL,
    "phase" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "read_at" TIMESTAMPTZ(3),
    "channel" TEXT,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),
    "fault" TEXT,

    CONSTRAINT "notice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notice_choice" (
    "person_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "by" TEXT NOT NULL,

    CONSTRAINT "notice_choice_pkey" PRIMARY KEY ("person_id","kind")
);

-- CreateIndex
CREATE INDEX "matter_kind_about_began_at_idx" ON "matter"("kind", "about", "began_at");

-- CreateIndex
-- As for every column that leads two indexes: the statistics of a moment would mislead the planner.
ALTER TABLE "matter" ALTER COLUMN "kind" SET STATISTICS 0;
CREATE INDEX "matter_over_at_idx" ON "matter"("over_at");

-- CreateIndex
CREATE INDEX "notice_recipient_id_idx" ON "notice"("recipient", "id");

-- CreateIndex
CREATE INDEX "notice_channel_due_at_idx" ON "notice"("channel", "due_at");

-- CreateIndex
CREATE UNIQUE INDEX "notice_matter_id_phase_recipient_key" ON "notice"("matter_id", "phase", "recipient");

-- AddForeignKey
ALTER TABLE "matter" ADD CONSTRAINT "matter_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "notice" ADD CONSTRAINT "notice_matter_id_fkey" FOREIGN KEY ("matter_id") REFERENCES "matter"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "notice_choice" ADD CONSTRAINT "notice_choice_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- One open matter of a kind about a thing: what begins while it lasts is the same.
CREATE UNIQUE INDEX "matter_open_key" ON "matter"("kind", "about") WHERE "over_at" IS NULL;

ALTER TABLE "matter" ADD CONSTRAINT "matter_kind_check" CHECK ("kind" IN ('waits', 'overdue', 'second', 'incident', 'finished'));
ALTER TABLE "notice" ADD CONSTRAINT "notice_phase_check" CHECK ("phase" IN ('begun', 'over'));
ALTER TABLE "notice" ADD CONSTRAINT "notice_channel_check" CHECK ("channel" IN ('mail', 'webhook'));
ALTER TABLE "notice" ADD CONSTRAINT "notice_state_check" CHECK ("state" IN ('listed', 'due', 'sent', 'dropped', 'given_up'));
ALTER TABLE "notice_choice" ADD CONSTRAINT "notice_choice_kind_check" CHECK ("kind" IN ('waits', 'overdue', 'second', 'incident', 'finished'));
ALTER TABLE "notice_choice" ADD CONSTRAINT "notice_choice_by_check" CHECK ("by" IN ('mail', 'page', 'none'));

-- A mail server or a webhook that takes no notices is an incident too.
ALTER TABLE "incident" DROP CONSTRAINT "incident_kind_check";
ALTER TABLE "incident" ADD CONSTRAINT "incident_kind_check" CHECK ("kind" IN ('halted', 'target', 'paused', 'mismatch', 'database', 'damaged', 'web', 'notices')) NOT VALID;
