-- Who moves an item that a classifier had left unsure files it: that is no error of a category (docs/reviews.md).

-- AlterTable
ALTER TABLE "correction" ADD COLUMN "unsure" BOOLEAN NOT NULL DEFAULT false;
