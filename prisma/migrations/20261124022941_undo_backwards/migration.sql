-- AlterTable
ALTER TABLE "chunk" ADD COLUMN     "backwards" BOOLEAN NOT NULL DEFAULT false;
