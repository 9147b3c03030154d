-- What a key of the role agent may do (docs/agents.md). Keys that were made before it had scopes work chunks.

-- AlterTable
ALTER TABLE "api_key" ADD COLUMN "scopes" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];

UPDATE "api_key" SET "scopes" = ARRAY['work'] WHERE "role" = 'agent';

ALTER TABLE "api_key" ADD CONSTRAINT "api_key_scopes_check" CHECK ("scopes" <@ ARRAY['work', 'supervise', 'start']);
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_scoped_check" CHECK (("role" = 'agent') = (cardinality("scopes") > 0));
-- Whoever starts batches supervises them.
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_start_check" CHECK (NOT "scopes" @> ARRAY['start'] OR "scopes" @> ARRAY['supervise']);
