-- What a write with an Idempotency-Key has done is written in its own transaction, and who carries it out can be seen by everybody.
ALTER TABLE "api_write" ADD COLUMN "owner" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "api_write" ADD COLUMN "epoch" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "api_write" ADD COLUMN "done" JSONB NOT NULL DEFAULT '{}';

-- Of a write that an older version left without an answer nobody can know whether it was done: it must not be carried out again.
UPDATE "api_write" SET "status" = 409, "response" = convert_to(
  '{"problems":[],"type":"urn:countersign:problem:conflict","title":"The state does not allow it","status":409,'
  '"detail":"The first request with this Idempotency-Key was interrupted before its answer was kept. Look whether it happened, then use a new key.",'
  '"code":"conflict"}', 'UTF8') WHERE "status" IS NULL;

-- Who decided what, and over which manifest, is of the record too (I6).
CREATE TRIGGER "decision_append_only" BEFORE UPDATE OR DELETE ON "decision" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "decision_no_truncate" BEFORE TRUNCATE ON "decision" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "decision_chunk_append_only" BEFORE UPDATE OR DELETE ON "decision_chunk" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "decision_chunk_no_truncate" BEFORE TRUNCATE ON "decision_chunk" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

ALTER TABLE "decision" ENABLE ALWAYS TRIGGER "decision_append_only";
ALTER TABLE "decision" ENABLE ALWAYS TRIGGER "decision_no_truncate";
ALTER TABLE "decision_chunk" ENABLE ALWAYS TRIGGER "decision_chunk_append_only";
ALTER TABLE "decision_chunk" ENABLE ALWAYS TRIGGER "decision_chunk_no_truncate";
