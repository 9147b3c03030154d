-- Which part of the classifier (which rule) gave a classification, and how many items of a chunk each part gave, by the category that they are in now. Kept as the counts
-- by category are. What was classified before is of no known part: nothing is counted here.

-- AlterTable
ALTER TABLE "classification" ADD COLUMN "part" INTEGER;

-- CreateTable
CREATE TABLE "chunk_part" (
    "batch_id" UUID NOT NULL,
    "chunk_id" UUID NOT NULL,
    "part" INTEGER NOT NULL,
    "category" TEXT NOT NULL,
    "items" INTEGER NOT NULL,

    CONSTRAINT "chunk_part_pkey" PRIMARY KEY ("chunk_id","part","category")
);

-- CreateIndex
CREATE INDEX "chunk_part_batch_id_idx" ON "chunk_part"("batch_id");

-- It is written again with each page of its chunk: leave room for it on its page.
ALTER TABLE "chunk_part" SET (fillfactor = 80);

CREATE OR REPLACE FUNCTION "count_categories"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO "chunk_category" AS kept ("batch_id", "chunk_id", "category", "items")
    SELECT "batch_id", "chunk_id", "category", count(*) FROM added GROUP BY 1, 2, 3 ORDER BY 2, 3
    ON CONFLICT ("chunk_id", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
    INSERT INTO "chunk_part" AS kept ("batch_id", "chunk_id", "part", "category", "items")
    SELECT "batch_id", "chunk_id", "part", "category", count(*) FROM added WHERE "part" IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4
    ON CONFLICT ("chunk_id", "part", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO "chunk_category" AS kept ("batch_id", "chunk_id", "category", "items")
    SELECT "batch_id", "chunk_id", "category", -count(*) FROM gone GROUP BY 1, 2, 3 ORDER BY 2, 3
    ON CONFLICT ("chunk_id", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
    INSERT INTO "chunk_part" AS kept ("batch_id", "chunk_id", "part", "category", "items")
    SELECT "batch_id", "chunk_id", "part", "category", -count(*) FROM gone WHERE "part" IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4
    ON CONFLICT ("chunk_id", "part", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
  ELSE
    INSERT INTO "chunk_category" AS kept ("batch_id", "chunk_id", "category", "items")
    SELECT "batch_id", "chunk_id", "category", sum("by") FROM (
      SELECT "batch_id", "chunk_id", "category", 1 AS "by" FROM added
      UNION ALL SELECT "batch_id", "chunk_id", "category", -1 FROM gone) moved
    GROUP BY 1, 2, 3 HAVING sum("by") <> 0 ORDER BY 2, 3
    ON CONFLICT ("chunk_id", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
    INSERT INTO "chunk_part" AS kept ("batch_id", "chunk_id", "part", "category", "items")
    SELECT "batch_id", "chunk_id", "part", "category", sum("by") FROM (
      SELECT "batch_id", "chunk_id", "part", "category", 1 AS "by" FROM added
      UNION ALL SELECT "batch_id", "chunk_id", "part", "category", -1 FROM gone) moved
    WHERE "part" IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING sum("by") <> 0 ORDER BY 2, 3, 4
    ON CONFLICT ("chunk_id", "part", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
  END IF;
  RETURN NULL;
END
$$;
