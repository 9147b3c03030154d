-- AlterTable
ALTER TABLE "worker" ADD COLUMN     "fault" TEXT;
