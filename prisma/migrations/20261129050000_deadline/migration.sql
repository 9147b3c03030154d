-- How long a plan lets a question wait, and who is told then (docs/notices.md). Made of the plan by the database: whoever works out what people are told of every
-- ten seconds reads no plan, which may be a megabyte.

-- AlterTable
ALTER TABLE "batch" ADD COLUMN "answer_within_hours" INTEGER GENERATED ALWAYS AS (
  CASE WHEN jsonb_typeof("plan" #> '{deadline,hours}') = 'number' THEN ("plan" #>> '{deadline,hours}')::numeric::integer END) STORED;
ALTER TABLE "batch" ADD COLUMN "escalate_to" TEXT GENERATED ALWAYS AS (lower("plan" #>> '{deadline,escalateTo}')) STORED;
