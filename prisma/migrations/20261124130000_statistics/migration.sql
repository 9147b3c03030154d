-- What belongs to a new batch is in no statistic, so PostgreSQL takes it for one row; of two indexes that begin with the batch it then took the wrong
-- one, and folding 12,000 receipts took 9 seconds. Without statistics it takes a batch for a share of the table, and the right one.
ALTER TABLE "receipt" ALTER COLUMN "batch_id" SET STATISTICS 0;
ALTER TABLE "manifest_row" ALTER COLUMN "decision_id" SET STATISTICS 0;
ALTER TABLE "classification" ALTER COLUMN "chunk_id" SET STATISTICS 0;
