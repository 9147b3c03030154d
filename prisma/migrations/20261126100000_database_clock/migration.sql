-- Prisma fills a default of now() in by its own machine's clock. What is compared, or stands in one order, with times that the database writes is left to
-- the database, which alone knows this default.
ALTER TABLE "user" ALTER COLUMN "created_at" SET DEFAULT clock_timestamp();
ALTER TABLE "setup_link" ALTER COLUMN "created_at" SET DEFAULT clock_timestamp();
ALTER TABLE "api_write" ALTER COLUMN "created_at" SET DEFAULT clock_timestamp();
ALTER TABLE "event" ALTER COLUMN "at" SET DEFAULT clock_timestamp();
ALTER TABLE "incident" ALTER COLUMN "opened_at" SET DEFAULT clock_timestamp();
