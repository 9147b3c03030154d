-- What the test button found at a connection's target: the folders of a mailbox, which a plan's page offers.

-- AlterTable
ALTER TABLE "connection" ADD COLUMN     "tested_found" TEXT[];
