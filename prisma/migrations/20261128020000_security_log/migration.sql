-- The security log (docs/security-log.md): append-only by the receipts' triggers.

-- CreateTable
CREATE TABLE "security_event" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "about" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "facts" JSONB NOT NULL DEFAULT '{}',
    "once" TEXT,

    CONSTRAINT "security_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "security_event_once_key" ON "security_event"("once");

ALTER TABLE "security_event" ADD CONSTRAINT "security_event_size_check" CHECK (octet_length("facts"::text) <= 8192 AND octet_length("about") <= 400);

CREATE TRIGGER "security_event_append_only" BEFORE UPDATE OR DELETE ON "security_event" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "security_event_no_truncate" BEFORE TRUNCATE ON "security_event" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "security_event" ENABLE ALWAYS TRIGGER "security_event_append_only";
ALTER TABLE "security_event" ENABLE ALWAYS TRIGGER "security_event_no_truncate";
