-- Since when its owner has a chunk. What a worker works on is read from there: it may be many.
ALTER TABLE "chunk" ADD COLUMN     "claimed_at" TIMESTAMPTZ(3);
ALTER TABLE "worker" DROP COLUMN "chunk_id";

-- What of its error budget is spent, while it is given back and taken again.
ALTER TABLE "chunk" ADD COLUMN     "error_budget" JSONB;

-- Whose the last reservation of a rate is, where its sends begin, and how many receipts that chunk had: what nobody used comes back.
ALTER TABLE "rate_bucket" ADD COLUMN     "holder" UUID,
ADD COLUMN     "held_from" TIMESTAMPTZ(6),
ADD COLUMN     "held_seq" INTEGER;
