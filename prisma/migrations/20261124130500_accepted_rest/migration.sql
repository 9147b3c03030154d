-- AlterTable
ALTER TABLE "chunk" ADD COLUMN     "accepted_rest" INTEGER NOT NULL DEFAULT 0;

ALTER TABLE "chunk" DROP CONSTRAINT "chunk_stopping_check";
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_stopping_check" CHECK ("stopping" IN ('pause', 'cancel', 'accept_rest'));
