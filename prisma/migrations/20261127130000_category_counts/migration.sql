-- How many items of a chunk are in each category, kept with every statement that changes a classification: a batch page counts a million items by a few thousand
-- rows. Those that are there already are counted here, once: a million take about a second.

-- CreateTable
CREATE TABLE "chunk_category" (
    "batch_id" UUID NOT NULL,
    "chunk_id" UUID NOT NULL,
    "category" TEXT NOT NULL,
    "items" INTEGER NOT NULL,

    CONSTRAINT "chunk_category_pkey" PRIMARY KEY ("chunk_id","category")
);

-- CreateIndex
CREATE INDEX "chunk_category_batch_id_idx" ON "chunk_category"("batch_id");

-- It is written again with each page of its chunk: leave room for it on its page.
ALTER TABLE "chunk_category" SET (fillfactor = 80);

-- In the transaction of the change, by the application's own rights. Whoever changes classifications has their chunk's row, so nobody waits here; the order is for
-- whoever changes several chunks at once.
CREATE FUNCTION "count_categories"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO "chunk_category" AS kept ("batch_id", "chunk_id", "category", "items")
    SELECT "batch_id", "chunk_id", "category", count(*) FROM added GROUP BY 1, 2, 3 ORDER BY 2, 3
    ON CONFLICT ("chunk_id", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO "chunk_category" AS kept ("batch_id", "chunk_id", "category", "items")
    SELECT "batch_id", "chunk_id", "category", -count(*) FROM gone GROUP BY 1, 2, 3 ORDER BY 2, 3
    ON CONFLICT ("chunk_id", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
  ELSE
    INSERT INTO "chunk_category" AS kept ("batch_id", "chunk_id", "category", "items")
    SELECT "batch_id", "chunk_id", "category", sum("by") FROM (
      SELECT "batch_id", "chunk_id", "category", 1 AS "by" FROM added
      UNION ALL SELECT "batch_id", "chunk_id", "category", -1 FROM gone) moved
    GROUP BY 1, 2, 3 HAVING sum("by") <> 0 ORDER BY 2, 3
    ON CONFLICT ("chunk_id", "category") DO UPDATE SET "items" = kept."items" + excluded."items";
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER "classification_counted_in" AFTER INSERT ON "classification"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "count_categories"();
CREATE TRIGGER "classification_counted_out" AFTER DELETE ON "classification"
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION "count_categories"();
CREATE TRIGGER "classification_counted_over" AFTER UPDATE ON "classification"
  REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "count_categories"();

INSERT INTO "chunk_category" ("batch_id", "chunk_id", "category", "items")
SELECT "batch_id", "chunk_id", "category", count(*) FROM "classification" GROUP BY 1, 2, 3;
