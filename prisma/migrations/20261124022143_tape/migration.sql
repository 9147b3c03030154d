-- AlterTable
ALTER TABLE "event" ADD COLUMN     "facts" JSONB;
