-- Of the notices of ninety days only those are looked through that are to be sent (docs/notices.md).

-- DropIndex
DROP INDEX "notice_channel_due_at_idx";

CREATE INDEX "notice_due_idx" ON "notice"("channel", "due_at", "id") WHERE "state" = 'due';
