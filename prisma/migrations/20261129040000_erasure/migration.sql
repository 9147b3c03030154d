-- The end of people's data (docs/erasure.md): what is looked for and erased, what was, and the one door through which an append-only table loses a value.

-- AlterTable
ALTER TABLE "frozen_request" ALTER COLUMN "bytes" DROP NOT NULL;

-- AlterTable
ALTER TABLE "item" ADD COLUMN     "erased_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "source" ADD COLUMN     "erased_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "erasure" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "about" TEXT,
    "state" TEXT NOT NULL,
    "wanted" TEXT,
    "salt" BYTEA NOT NULL,
    "digest" BYTEA NOT NULL,
    "reason" TEXT,
    "asked_by" TEXT NOT NULL,
    "asked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "confirmed_by" TEXT,
    "confirmed_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "place" TEXT,
    "after" JSONB,
    "looked" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "erasure_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "erasure_find" (
    "erasure_id" UUID NOT NULL,
    "place" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "dataset_id" UUID,
    "batch_id" UUID,
    "ordinal" INTEGER,
    "linked" BOOLEAN NOT NULL DEFAULT false,
    "chosen" BOOLEAN NOT NULL,

    CONSTRAINT "erasure_find_pkey" PRIMARY KEY ("erasure_id","place","key")
);

-- CreateTable
CREATE TABLE "erasure_entry" (
    "id" BIGSERIAL NOT NULL,
    "erasure_id" UUID NOT NULL,
    "place" TEXT NOT NULL,
    "dataset_id" UUID,
    "batch_id" UUID,
    "rows" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "xact" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "erasure_entry_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "erasure_state_asked_at_idx" ON "erasure"("state", "asked_at");

-- CreateIndex
CREATE INDEX "erasure_about_idx" ON "erasure"("about");

-- CreateIndex
CREATE INDEX "erasure_asked_at_id_idx" ON "erasure"("asked_at", "id");

-- CreateIndex
CREATE INDEX "erasure_find_erasure_id_dataset_id_ordinal_idx" ON "erasure_find"("erasure_id", "dataset_id", "ordinal");

-- CreateIndex
CREATE INDEX "erasure_entry_erasure_id_xact_idx" ON "erasure_entry"("erasure_id", "xact");

-- CreateIndex
CREATE INDEX "erasure_entry_batch_id_place_idx" ON "erasure_entry"("batch_id", "place");

-- CreateIndex
CREATE INDEX "erasure_entry_dataset_id_place_idx" ON "erasure_entry"("dataset_id", "place");

-- What leads two indexes has no statistics (20261124130000_statistics).
ALTER TABLE "erasure_find" ALTER COLUMN "erasure_id" SET STATISTICS 0;

-- AddForeignKey
ALTER TABLE "erasure_entry" ADD CONSTRAINT "erasure_entry_erasure_id_fkey" FOREIGN KEY ("erasure_id") REFERENCES "erasure"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "erasure" ADD CONSTRAINT "erasure_kind_check" CHECK ("kind" IN ('value', 'batch', 'dataset', 'original'));
ALTER TABLE "erasure" ADD CONSTRAINT "erasure_state_check" CHECK ("state" IN ('looking', 'found', 'erasing', 'done', 'withdrawn'));
ALTER TABLE "erasure" ADD CONSTRAINT "erasure_digest_check" CHECK (octet_length("digest") = 32 AND octet_length("salt") = 32);
-- What was looked for is gone with the last of it.
ALTER TABLE "erasure" ADD CONSTRAINT "erasure_wanted_check" CHECK (("wanted" IS NOT NULL) = ("kind" = 'value' AND "state" IN ('looking', 'found', 'erasing')));
ALTER TABLE "erasure" ADD CONSTRAINT "erasure_confirmed_check" CHECK (
  ("confirmed_by" IS NOT NULL) = ("state" IN ('erasing', 'done')) AND ("confirmed_at" IS NULL) = ("confirmed_by" IS NULL) AND ("reason" IS NULL) = ("confirmed_by" IS NULL));

-- The record of an erasure: insert-only, and only while its erasure goes on.
CREATE FUNCTION "erasure_goes_on"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.erasure WHERE id = NEW.erasure_id AND state = 'erasing') THEN
    RAISE EXCEPTION 'erasure_entry is the record of an erasure that a person confirmed: there is none' USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.xact := (pg_current_xact_id()::text)::bigint;
  RETURN NEW;
END
$$;
CREATE TRIGGER "erasure_entry_of_one" BEFORE INSERT ON "erasure_entry" FOR EACH ROW EXECUTE FUNCTION "erasure_goes_on"();
CREATE TRIGGER "erasure_entry_append_only" BEFORE UPDATE OR DELETE ON "erasure_entry" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "erasure_entry_no_truncate" BEFORE TRUNCATE ON "erasure_entry" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "erasure_entry" ENABLE ALWAYS TRIGGER "erasure_entry_of_one";
ALTER TABLE "erasure_entry" ENABLE ALWAYS TRIGGER "erasure_entry_append_only";
ALTER TABLE "erasure_entry" ENABLE ALWAYS TRIGGER "erasure_entry_no_truncate";

-- What was confirmed is what is done, and what was done stays told: a state never goes back, and nothing is deleted.
CREATE FUNCTION "keep_erasure"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - '{state,wanted,reason,confirmed_by,confirmed_at,ended_at,place,after,looked}'::text[])
       IS DISTINCT FROM (to_jsonb(OLD) - '{state,wanted,reason,confirmed_by,confirmed_at,ended_at,place,after,looked}'::text[])
     OR OLD.state IN ('done', 'withdrawn')
     OR (OLD.state = 'erasing' AND (NEW.state NOT IN ('erasing', 'done') OR NEW.reason <> OLD.reason OR NEW.confirmed_by <> OLD.confirmed_by OR NEW.confirmed_at <> OLD.confirmed_at)) THEN
    RAISE EXCEPTION 'erasure is append-only but for its progress: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "erasure_progress_only" BEFORE UPDATE OR DELETE ON "erasure" FOR EACH ROW EXECUTE FUNCTION "keep_erasure"();
CREATE TRIGGER "erasure_no_truncate" BEFORE TRUNCATE ON "erasure" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "erasure" ENABLE ALWAYS TRIGGER "erasure_progress_only";
ALTER TABLE "erasure" ENABLE ALWAYS TRIGGER "erasure_no_truncate";

-- The door. It is open for a transaction that named its erasure (SET LOCAL countersign.erasure) and wrote the entry that tells of this place.
CREATE FUNCTION "erasure_told"("place" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM public.erasure_entry e WHERE e.erasure_id = nullif(current_setting('countersign.erasure', true), '')::uuid
      AND e.xact = (pg_current_xact_id()::text)::bigint AND e.place = $1)
$$;

-- TG_ARGV: the columns that may become null, and nothing else.
CREATE FUNCTION "allow_told_erasure"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased text;
BEGIN
  IF (to_jsonb(NEW) - TG_ARGV) IS DISTINCT FROM (to_jsonb(OLD) - TG_ARGV) THEN
    RAISE EXCEPTION '% is append-only: only % can be erased', TG_TABLE_NAME, array_to_string(TG_ARGV, ', ') USING ERRCODE = 'insufficient_privilege';
  END IF;
  FOREACH erased IN ARRAY TG_ARGV LOOP
    IF to_jsonb(NEW) -> erased IS DISTINCT FROM to_jsonb(OLD) -> erased AND to_jsonb(NEW) ->> erased IS NOT NULL THEN
      RAISE EXCEPTION '% is append-only: a value can only be erased (% set to null)', TG_TABLE_NAME, erased USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
  IF to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) AND NOT public.erasure_told(TG_TABLE_NAME) THEN
    RAISE EXCEPTION '% is append-only: it loses a value only by an erasure that tells of it in the same transaction', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;

DROP TRIGGER "receipt_value_erasure_only" ON "receipt_value";
DROP FUNCTION "allow_erasure_only"();
CREATE TRIGGER "receipt_value_erasure_only" BEFORE UPDATE ON "receipt_value" FOR EACH ROW EXECUTE FUNCTION "allow_told_erasure"('salt', 'value');
ALTER TABLE "receipt_value" ENABLE ALWAYS TRIGGER "receipt_value_erasure_only";

DROP TRIGGER "correction_append_only" ON "correction";
CREATE TRIGGER "correction_erasure_only" BEFORE UPDATE ON "correction" FOR EACH ROW EXECUTE FUNCTION "allow_told_erasure"('note');
CREATE TRIGGER "correction_no_delete" BEFORE DELETE ON "correction" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "correction" ENABLE ALWAYS TRIGGER "correction_erasure_only";
ALTER TABLE "correction" ENABLE ALWAYS TRIGGER "correction_no_delete";

DROP TRIGGER "decision_append_only" ON "decision";
CREATE TRIGGER "decision_erasure_only" BEFORE UPDATE ON "decision" FOR EACH ROW EXECUTE FUNCTION "allow_told_erasure"('override', 'note');
CREATE TRIGGER "decision_no_delete" BEFORE DELETE ON "decision" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "decision" ENABLE ALWAYS TRIGGER "decision_erasure_only";
ALTER TABLE "decision" ENABLE ALWAYS TRIGGER "decision_no_delete";

-- A request comes back when the very bytes are approved anew: it is named by their digest.
CREATE FUNCTION "allow_request_erasure"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.digest IS DISTINCT FROM OLD.digest OR (NEW.bytes IS NOT NULL AND (OLD.bytes IS NOT NULL OR sha256(NEW.bytes) <> OLD.digest)) THEN
    RAISE EXCEPTION 'frozen_request is append-only: its bytes can only be erased, and come back as those of its digest' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.bytes IS NULL AND OLD.bytes IS NOT NULL AND NOT public.erasure_told(TG_TABLE_NAME) THEN
    RAISE EXCEPTION 'frozen_request is append-only: it loses its bytes only by an erasure that tells of it in the same transaction'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
DROP TRIGGER "frozen_request_append_only" ON "frozen_request";
CREATE TRIGGER "frozen_request_erasure_only" BEFORE UPDATE ON "frozen_request" FOR EACH ROW EXECUTE FUNCTION "allow_request_erasure"();
CREATE TRIGGER "frozen_request_no_delete" BEFORE DELETE ON "frozen_request" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "frozen_request" ENABLE ALWAYS TRIGGER "frozen_request_erasure_only";
ALTER TABLE "frozen_request" ENABLE ALWAYS TRIGGER "frozen_request_no_delete";

-- JSON with what a pattern finds in its texts replaced; its keys and all that is no text stay.
CREATE FUNCTION "erase_texts"("value" jsonb, "pattern" text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE jsonb_typeof(value)
    WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(m.key, public.erase_texts(m.value, pattern)), '{}') FROM jsonb_each(value) m)
    WHEN 'array' THEN (SELECT coalesce(jsonb_agg(public.erase_texts(m.value, pattern) ORDER BY m.place), '[]') FROM jsonb_array_elements(value) WITH ORDINALITY m(value, place))
    WHEN 'string' THEN to_jsonb(regexp_replace(value #>> '{}', pattern, '[erased]', 'gi'))
    ELSE value END;
END
$$;

-- TG_ARGV: a column of JSON in which texts may become others that say [erased]; its keys and all that is no text stay.
CREATE FUNCTION "without_texts"("value" jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE jsonb_typeof(value)
    WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(m.key, public.without_texts(m.value)), '{}') FROM jsonb_each(value) m)
    WHEN 'array' THEN (SELECT coalesce(jsonb_agg(public.without_texts(m.value) ORDER BY place), '[]') FROM jsonb_array_elements(value) WITH ORDINALITY m(value, place))
    WHEN 'string' THEN '""'
    ELSE value END;
END
$$;
CREATE FUNCTION "allow_told_texts"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - TG_ARGV) IS DISTINCT FROM (to_jsonb(OLD) - TG_ARGV)
     OR public.without_texts(to_jsonb(NEW) -> TG_ARGV[0]) IS DISTINCT FROM public.without_texts(to_jsonb(OLD) -> TG_ARGV[0])
     OR (to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) AND position('[erased]' IN (to_jsonb(NEW) ->> TG_ARGV[0])) = 0) THEN
    RAISE EXCEPTION '% is append-only: only texts in its % can be erased', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) AND NOT public.erasure_told(TG_TABLE_NAME) THEN
    RAISE EXCEPTION '% is append-only: it loses a value only by an erasure that tells of it in the same transaction', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
DROP TRIGGER "security_event_append_only" ON "security_event";
CREATE TRIGGER "security_event_erasure_only" BEFORE UPDATE ON "security_event" FOR EACH ROW EXECUTE FUNCTION "allow_told_texts"('facts');
CREATE TRIGGER "security_event_no_delete" BEFORE DELETE ON "security_event" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "security_event" ENABLE ALWAYS TRIGGER "security_event_erasure_only";
ALTER TABLE "security_event" ENABLE ALWAYS TRIGGER "security_event_no_delete";

DROP TRIGGER "batch_plan_append_only" ON "batch_plan";
CREATE TRIGGER "batch_plan_erasure_only" BEFORE UPDATE ON "batch_plan" FOR EACH ROW EXECUTE FUNCTION "allow_told_texts"('plan');
CREATE TRIGGER "batch_plan_no_delete" BEFORE DELETE ON "batch_plan" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "batch_plan" ENABLE ALWAYS TRIGGER "batch_plan_erasure_only";
ALTER TABLE "batch_plan" ENABLE ALWAYS TRIGGER "batch_plan_no_delete";
