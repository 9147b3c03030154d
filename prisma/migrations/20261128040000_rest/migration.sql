-- A batch that reviews again what another left unsent, and which of its chunks (docs/first-n.md). The constraint is validated by migrating, as those of
-- 20261126080000_relations are.

-- AlterTable
ALTER TABLE "batch" ADD COLUMN     "rest_chunks" INTEGER[] DEFAULT ARRAY[]::INTEGER[],
ADD COLUMN     "rest_of" UUID;

-- CreateIndex
CREATE INDEX "batch_rest_of_idx" ON "batch"("rest_of");

-- AddForeignKey
ALTER TABLE "batch" ADD CONSTRAINT "batch_rest_of_fkey" FOREIGN KEY ("rest_of") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "batch" ADD CONSTRAINT "batch_rest_check" CHECK (("rest_of" IS NULL) = (cardinality("rest_chunks") = 0)) NOT VALID;
