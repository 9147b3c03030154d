-- What finds receipts by time, by outcome and by who acted, and where an item stands in its file (docs/stories.md).
--
-- Each index is built while its table takes no writes: migrations run at the start, before the web server and before any worker. A million receipts take some
-- seconds. The columns come without a default, which changes no row; what was read before does not know its line.

-- In the order of their commits, within one batch. Receipts come in that order, so that each is put at the end of the index.
CREATE INDEX "receipt_batch_id_committed_at_chunk_seq_idx" ON "receipt"("batch_id", "committed_at", "chunk", "seq");

-- What is rare among millions is found without reading the others: outcomes that are no success, and what people did. Prisma has no words for these indexes.
CREATE INDEX "receipt_outcome_idx" ON "receipt"("batch_id", "result", "committed_at", "chunk", "seq") WHERE "result" <> 'succeeded';
CREATE INDEX "receipt_people_idx" ON "receipt"("batch_id", "committed_at", "chunk", "seq") WHERE "kind" NOT IN ('intent', 'outcome');
CREATE INDEX "receipt_chunk_people_idx" ON "receipt"("batch_id", "chunk", "seq") WHERE "ordinal" IS NULL;

-- AlterTable
ALTER TABLE "item" ADD COLUMN     "line" INTEGER,
ADD COLUMN     "source" INTEGER;
