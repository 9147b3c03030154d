-- What the looks of a decision are pooled from: which chunks were decided, or in review, by then, and which marks on them had come. An auditor does the draw again from
-- it. Null where the looks are those of its own chunks alone, and for decisions from before it was kept. Receipts do not have it.

-- AlterTable
ALTER TABLE "decision" ADD COLUMN "pool" JSONB;
