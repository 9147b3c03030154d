-- What Prisma has no words for: allowed states, the append-only record, storage.

-- States (the lifecycles of lib/core/lifecycle.ts; a test compares the two)
ALTER TABLE "user" ADD CONSTRAINT "user_role_check" CHECK ("role" IN ('admin', 'operator', 'reviewer', 'auditor'));
ALTER TABLE "setup_link" ADD CONSTRAINT "setup_link_role_check" CHECK ("role" IN ('admin', 'operator', 'reviewer', 'auditor'));
ALTER TABLE "setup_link" ADD CONSTRAINT "setup_link_digest_check" CHECK (octet_length("token_digest") = 32);
ALTER TABLE "dataset" ADD CONSTRAINT "dataset_state_check" CHECK ("state" IN ('receiving', 'ready', 'failed'));
ALTER TABLE "item" ADD CONSTRAINT "item_digest_check" CHECK (octet_length("digest") = 32);
ALTER TABLE "batch" ADD CONSTRAINT "batch_state_check" CHECK ("state" IN ('proposed', 'running', 'paused', 'finished', 'cancelled'));
ALTER TABLE "batch" ADD CONSTRAINT "batch_routing_check" CHECK ("routing" IN ('one', 'sequential', 'direct', 'supervised'));
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_state_check" CHECK ("state" IN (
  'proposed', 'queued', 'classifying', 'awaiting_review', 'awaiting_second', 'approved', 'executing', 'awaiting_release',
  'paused', 'unresolved', 'done', 'halted', 'cancelled', 'closed'
));
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_stopping_check" CHECK ("stopping" IN ('pause', 'cancel'));
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_halted_from_check" CHECK ("halted_from" IN ('classifying', 'executing'));
-- Counters are caches; one below zero is a bug that must not be committed with receipts (I3).
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_counters_check" CHECK (
  "seq" >= 0 AND "epoch" >= 0 AND "revision" >= 1 AND "item_count" >= 0 AND "classified" >= 0 AND "corrected" >= 0 AND "approved_actions" >= 0
  AND "done" >= 0 AND "skipped" >= 0 AND "failed" >= 0 AND "uncertain" >= 0 AND "not_executed" >= 0 AND "in_flight" >= 0
);
ALTER TABLE "classification" ADD CONSTRAINT "classification_confidence_check" CHECK ("confidence" >= 0 AND "confidence" <= 1);
ALTER TABLE "decision" ADD CONSTRAINT "decision_via_check" CHECK ("via" IN ('page', 'api'));
ALTER TABLE "decision" ADD CONSTRAINT "decision_root_check" CHECK (octet_length("root") = 32);
ALTER TABLE "manifest_row" ADD CONSTRAINT "manifest_row_action_check" CHECK (
  ("connector" IS NULL) = ("do" IS NULL) AND ("connector" IS NULL) = ("version" IS NULL) AND ("connector" IS NULL) = ("request_digest" IS NULL)
);
ALTER TABLE "frozen_request" ADD CONSTRAINT "frozen_request_bytes_check" CHECK (octet_length("digest") = 32 AND octet_length("bytes") <= 1048576);
ALTER TABLE "receipt" ADD CONSTRAINT "receipt_kind_check" CHECK ("kind" IN ('intent', 'outcome', 'resolution', 'decision'));
ALTER TABLE "receipt" ADD CONSTRAINT "receipt_result_check" CHECK (
  CASE "kind"
    WHEN 'outcome' THEN "result" IS NOT NULL AND "result" IN ('succeeded', 'failed', 'skipped', 'uncertain')
    WHEN 'resolution' THEN "result" IS NOT NULL AND "result" IN ('succeeded', 'not_executed', 'abandoned')
    ELSE "result" IS NULL
  END
);
ALTER TABLE "receipt" ADD CONSTRAINT "receipt_step_check" CHECK (
  CASE "kind" WHEN 'decision' THEN "ordinal" IS NULL AND "step" IS NULL ELSE "ordinal" IS NOT NULL AND "step" IS NOT NULL AND "step" >= 1 END
);
ALTER TABLE "receipt" ADD CONSTRAINT "receipt_bytes_check" CHECK (octet_length("body") BETWEEN 2 AND 65535 AND octet_length("leaf") = 32);
ALTER TABLE "receipt" ADD CONSTRAINT "receipt_seq_check" CHECK ("seq" >= 1 AND "chunk" >= 1);
ALTER TABLE "receipt_value" ADD CONSTRAINT "receipt_value_erased_check" CHECK (("salt" IS NULL) = ("value" IS NULL));
ALTER TABLE "worker" ADD CONSTRAINT "worker_state_check" CHECK ("state" IN ('idle', 'busy', 'draining', 'gone'));

-- The append-only record (I5, I6). ENABLE ALWAYS: session_replication_role = replica does not pass these.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION "allow_erasure_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.salt IS NOT NULL OR NEW.value IS NOT NULL
     OR (NEW.batch_id, NEW.chunk, NEW.seq, NEW.field) IS DISTINCT FROM (OLD.batch_id, OLD.chunk, OLD.seq, OLD.field) THEN
    RAISE EXCEPTION 'receipt_value is append-only: a value can only be erased (salt and value set to null)'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER "receipt_append_only" BEFORE UPDATE OR DELETE ON "receipt" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "receipt_no_truncate" BEFORE TRUNCATE ON "receipt" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "manifest_row_append_only" BEFORE UPDATE OR DELETE ON "manifest_row" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "manifest_row_no_truncate" BEFORE TRUNCATE ON "manifest_row" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "frozen_request_append_only" BEFORE UPDATE OR DELETE ON "frozen_request" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "frozen_request_no_truncate" BEFORE TRUNCATE ON "frozen_request" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "correction_append_only" BEFORE UPDATE OR DELETE ON "correction" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "correction_no_truncate" BEFORE TRUNCATE ON "correction" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "receipt_value_erasure_only" BEFORE UPDATE ON "receipt_value" FOR EACH ROW EXECUTE FUNCTION "allow_erasure_only"();
CREATE TRIGGER "receipt_value_no_delete" BEFORE DELETE ON "receipt_value" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "receipt_value_no_truncate" BEFORE TRUNCATE ON "receipt_value" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

ALTER TABLE "receipt" ENABLE ALWAYS TRIGGER "receipt_append_only";
ALTER TABLE "receipt" ENABLE ALWAYS TRIGGER "receipt_no_truncate";
ALTER TABLE "manifest_row" ENABLE ALWAYS TRIGGER "manifest_row_append_only";
ALTER TABLE "manifest_row" ENABLE ALWAYS TRIGGER "manifest_row_no_truncate";
ALTER TABLE "frozen_request" ENABLE ALWAYS TRIGGER "frozen_request_append_only";
ALTER TABLE "frozen_request" ENABLE ALWAYS TRIGGER "frozen_request_no_truncate";
ALTER TABLE "correction" ENABLE ALWAYS TRIGGER "correction_append_only";
ALTER TABLE "correction" ENABLE ALWAYS TRIGGER "correction_no_truncate";
ALTER TABLE "receipt_value" ENABLE ALWAYS TRIGGER "receipt_value_erasure_only";
ALTER TABLE "receipt_value" ENABLE ALWAYS TRIGGER "receipt_value_no_delete";
ALTER TABLE "receipt_value" ENABLE ALWAYS TRIGGER "receipt_value_no_truncate";

-- The guarded statement updates the same chunk row again and again: leave room for it on its page.
ALTER TABLE "chunk" SET (fillfactor = 80);
