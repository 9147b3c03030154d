-- What Prisma creates has its time by the database's clock: it fills a default of now() in by its own machine's, and leaves this one to the database.
ALTER TABLE "dataset" ALTER COLUMN "created_at" SET DEFAULT clock_timestamp();
ALTER TABLE "batch" ALTER COLUMN "created_at" SET DEFAULT clock_timestamp();
ALTER TABLE "chunk" ALTER COLUMN "updated_at" SET DEFAULT clock_timestamp();
ALTER TABLE "correction" ALTER COLUMN "at" SET DEFAULT clock_timestamp();
ALTER TABLE "decision" ALTER COLUMN "at" SET DEFAULT clock_timestamp();
