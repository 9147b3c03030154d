-- Connections with their secrets (docs/connections.md).

-- CreateTable
CREATE TABLE "secret" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "ciphertext" BYTEA,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "secret_pkey" PRIMARY KEY ("id","version")
);

-- CreateTable
CREATE TABLE "connection" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "connector" TEXT NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "address" TEXT NOT NULL,
    "auth" JSONB NOT NULL,
    "secret_id" UUID,
    "secret_version" INTEGER,
    "limits" JSONB NOT NULL,
    "declared" JSONB NOT NULL,
    "usable_by" TEXT[],
    "tested_at" TIMESTAMPTZ(3),
    "tested_ok" BOOLEAN,
    "tested_reason" TEXT,
    "created_by" TEXT NOT NULL,
    "updated_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "connection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "connection_bucket" (
    "connection_id" UUID NOT NULL,
    "next_at" TIMESTAMPTZ(6) NOT NULL,
    "holder" UUID,
    "held_from" TIMESTAMPTZ(6),
    "held_seq" INTEGER,
    "open" UUID[] DEFAULT ARRAY[]::UUID[],

    CONSTRAINT "connection_bucket_pkey" PRIMARY KEY ("connection_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "connection_name_key" ON "connection"("name");

-- AddForeignKey
ALTER TABLE "connection" ADD CONSTRAINT "connection_secret_id_secret_version_fkey" FOREIGN KEY ("secret_id", "secret_version") REFERENCES "secret"("id", "version") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "connection_bucket" ADD CONSTRAINT "connection_bucket_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "connection" ADD CONSTRAINT "connection_secret_check" CHECK (("secret_id" IS NULL) = ("secret_version" IS NULL));
ALTER TABLE "connection" ADD CONSTRAINT "connection_tested_check" CHECK (("tested_at" IS NULL) = ("tested_ok" IS NULL));
ALTER TABLE "secret" ADD CONSTRAINT "secret_version_check" CHECK ("version" >= 1);

-- A version of a secret can only end: its text goes, and who made it and when stays.
CREATE FUNCTION "allow_secret_end_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.ciphertext IS NOT NULL
     OR (NEW.id, NEW.version, NEW.created_by, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.version, OLD.created_by, OLD.created_at) THEN
    RAISE EXCEPTION 'secret is append-only: a version can only end (ciphertext set to null)' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER "secret_end_only" BEFORE UPDATE ON "secret" FOR EACH ROW EXECUTE FUNCTION "allow_secret_end_only"();
CREATE TRIGGER "secret_no_delete" BEFORE DELETE ON "secret" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "secret_no_truncate" BEFORE TRUNCATE ON "secret" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
ALTER TABLE "secret" ENABLE ALWAYS TRIGGER "secret_end_only";
ALTER TABLE "secret" ENABLE ALWAYS TRIGGER "secret_no_delete";
ALTER TABLE "secret" ENABLE ALWAYS TRIGGER "secret_no_truncate";
