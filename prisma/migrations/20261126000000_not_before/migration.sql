-- When a chunk that its worker gave back may be claimed again, and what it waits for until then.
ALTER TABLE "chunk" ADD COLUMN     "not_before" TIMESTAMPTZ(3),
ADD COLUMN     "waits_for" TEXT;

ALTER TABLE "chunk" ADD CONSTRAINT "chunk_waits_for_check" CHECK (("waits_for" IS NULL) = ("not_before" IS NULL) AND "waits_for" IN ('rate', 'retry_after', 'target'));
