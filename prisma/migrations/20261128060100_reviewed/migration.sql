-- "Reviewed, not executed" is said of the classifications that a person looked at, and ends when they are made again. That the chunk has let the next one go on ("continued")
-- stays: its gate is not opened twice.

-- AlterTable
ALTER TABLE "chunk" ADD COLUMN "reviewed" BOOLEAN NOT NULL DEFAULT false;

UPDATE "chunk" SET "reviewed" = true WHERE "continued" AND "state" = 'awaiting_review';
