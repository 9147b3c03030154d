-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "user" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_verified" BOOLEAN NOT NULL DEFAULT false,
    "image" TEXT,
    "role" TEXT NOT NULL DEFAULT 'reviewer',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "token" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ip_address" TEXT,
    "user_agent" TEXT,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL,
    "account_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "access_token" TEXT,
    "refresh_token" TEXT,
    "id_token" TEXT,
    "access_token_expires_at" TIMESTAMPTZ(3),
    "refresh_token_expires_at" TIMESTAMPTZ(3),
    "scope" TEXT,
    "password" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verification" (
    "id" UUID NOT NULL,
    "identifier" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "verification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "setup_link" (
    "token_digest" BYTEA NOT NULL,
    "role" TEXT NOT NULL,
    "email" TEXT,
    "created_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "setup_link_pkey" PRIMARY KEY ("token_digest")
);

-- CreateTable
CREATE TABLE "sign_in_try" (
    "key_digest" BYTEA NOT NULL,
    "count" INTEGER NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_in_try_pkey" PRIMARY KEY ("key_digest")
);

-- CreateTable
CREATE TABLE "api_write" (
    "actor" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "request_digest" BYTEA NOT NULL,
    "status" INTEGER,
    "response" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "api_write_pkey" PRIMARY KEY ("actor","key")
);

-- CreateTable
CREATE TABLE "dataset" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "format" TEXT,
    "dialect" JSONB,
    "bytes" BIGINT NOT NULL DEFAULT 0,
    "digest" BYTEA,
    "fields" JSONB NOT NULL DEFAULT '[]',
    "item_count" INTEGER NOT NULL DEFAULT 0,
    "unreadable_count" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ready_at" TIMESTAMPTZ(3),

    CONSTRAINT "dataset_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "item" (
    "dataset_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "fields" JSONB NOT NULL,
    "raw" BYTEA NOT NULL,
    "digest" BYTEA NOT NULL,

    CONSTRAINT "item_pkey" PRIMARY KEY ("dataset_id","ordinal")
);

-- CreateTable
CREATE TABLE "unreadable_row" (
    "dataset_id" UUID NOT NULL,
    "line" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "excerpt" BYTEA NOT NULL,

    CONSTRAINT "unreadable_row_pkey" PRIMARY KEY ("dataset_id","line")
);

-- CreateTable
CREATE TABLE "batch" (
    "id" UUID NOT NULL,
    "dataset_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "plan" JSONB NOT NULL,
    "plan_digest" BYTEA NOT NULL,
    "state" TEXT NOT NULL,
    "routing" TEXT NOT NULL,
    "pilot" INTEGER,
    "task_ref" TEXT,
    "created_by" TEXT NOT NULL,
    "started_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "batch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chunk" (
    "id" UUID NOT NULL,
    "batch_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "item_count" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "stopping" TEXT,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "lease_owner" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "seq" INTEGER NOT NULL DEFAULT 0,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "seed" BYTEA NOT NULL,
    "manifest_digest" BYTEA,
    "classified" INTEGER NOT NULL DEFAULT 0,
    "corrected" INTEGER NOT NULL DEFAULT 0,
    "continued" BOOLEAN NOT NULL DEFAULT false,
    "decision_id" UUID,
    "released" BOOLEAN NOT NULL DEFAULT false,
    "has_first" BOOLEAN NOT NULL DEFAULT false,
    "retry_up_to" INTEGER NOT NULL DEFAULT 0,
    "serial" BOOLEAN NOT NULL DEFAULT false,
    "note" TEXT,
    "halt_reason" TEXT,
    "halted_from" TEXT,
    "approved_actions" INTEGER NOT NULL DEFAULT 0,
    "done" INTEGER NOT NULL DEFAULT 0,
    "skipped" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "uncertain" INTEGER NOT NULL DEFAULT 0,
    "not_executed" INTEGER NOT NULL DEFAULT 0,
    "in_flight" INTEGER NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chunk_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chunk_item" (
    "batch_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "chunk_id" UUID NOT NULL,

    CONSTRAINT "chunk_item_pkey" PRIMARY KEY ("batch_id","ordinal")
);

-- CreateTable
CREATE TABLE "classification" (
    "batch_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "chunk_id" UUID NOT NULL,
    "category" TEXT NOT NULL,
    "why" TEXT NOT NULL,
    "confidence" DOUBLE PRECISION NOT NULL,
    "by" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "classification_pkey" PRIMARY KEY ("batch_id","ordinal")
);

-- CreateTable
CREATE TABLE "correction" (
    "id" BIGSERIAL NOT NULL,
    "batch_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "note" TEXT,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "correction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "decision" (
    "id" UUID NOT NULL,
    "batch_id" UUID NOT NULL,
    "root" BYTEA NOT NULL,
    "answers" JSONB NOT NULL,
    "by" TEXT NOT NULL,
    "via" TEXT NOT NULL,
    "override" TEXT,
    "note" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "decision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "decision_chunk" (
    "decision_id" UUID NOT NULL,
    "chunk_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "digest" BYTEA NOT NULL,
    "seen" INTEGER[],

    CONSTRAINT "decision_chunk_pkey" PRIMARY KEY ("decision_id","chunk_id")
);

-- CreateTable
CREATE TABLE "manifest_row" (
    "decision_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "chunk_id" UUID NOT NULL,
    "category" TEXT NOT NULL,
    "connector" TEXT,
    "connection" TEXT,
    "do" TEXT,
    "version" INTEGER,
    "request_digest" BYTEA,
    "item_digest" BYTEA NOT NULL,
    "first" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "manifest_row_pkey" PRIMARY KEY ("decision_id","ordinal")
);

-- CreateTable
CREATE TABLE "frozen_request" (
    "digest" BYTEA NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "frozen_request_pkey" PRIMARY KEY ("digest")
);

-- CreateTable
CREATE TABLE "receipt" (
    "batch_id" UUID NOT NULL,
    "chunk" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "ordinal" INTEGER,
    "step" INTEGER,
    "kind" TEXT NOT NULL,
    "result" TEXT,
    "body" BYTEA NOT NULL,
    "leaf" BYTEA NOT NULL,
    "committed_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "receipt_pkey" PRIMARY KEY ("batch_id","chunk","seq")
);

-- CreateTable
CREATE TABLE "receipt_value" (
    "batch_id" UUID NOT NULL,
    "chunk" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "field" TEXT NOT NULL,
    "salt" BYTEA,
    "value" TEXT,

    CONSTRAINT "receipt_value_pkey" PRIMARY KEY ("batch_id","chunk","seq","field")
);

-- CreateTable
CREATE TABLE "shelf_entry" (
    "idempotency_key" TEXT NOT NULL,
    "batch_id" UUID NOT NULL,
    "dataset_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "category" TEXT NOT NULL,
    "shelf" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "restored_at" TIMESTAMPTZ(3),

    CONSTRAINT "shelf_entry_pkey" PRIMARY KEY ("idempotency_key")
);

-- CreateTable
CREATE TABLE "follow_up" (
    "id" BIGSERIAL NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "batch_id" UUID NOT NULL,
    "dataset_id" UUID NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "done_at" TIMESTAMPTZ(3),
    "done_by" TEXT,

    CONSTRAINT "follow_up_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rate_bucket" (
    "batch_id" UUID NOT NULL,
    "next_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "rate_bucket_pkey" PRIMARY KEY ("batch_id")
);

-- CreateTable
CREATE TABLE "resource_claim" (
    "connection" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "batch_id" UUID NOT NULL,

    CONSTRAINT "resource_claim_pkey" PRIMARY KEY ("connection","resource")
);

-- CreateTable
CREATE TABLE "event" (
    "id" BIGSERIAL NOT NULL,
    "batch_id" UUID NOT NULL,
    "chunk" INTEGER,
    "seq" INTEGER,
    "kind" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "worker" (
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "chunk_id" UUID,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heartbeat" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident" (
    "id" UUID NOT NULL,
    "batch_id" UUID,
    "chunk" INTEGER,
    "kind" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_key" ON "session"("token");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE INDEX "account_user_id_idx" ON "account"("user_id");

-- CreateIndex
CREATE INDEX "verification_identifier_idx" ON "verification"("identifier");

-- CreateIndex
CREATE INDEX "sign_in_try_until_idx" ON "sign_in_try"("until");

-- CreateIndex
CREATE INDEX "api_write_created_at_idx" ON "api_write"("created_at");

-- CreateIndex
CREATE INDEX "dataset_created_at_idx" ON "dataset"("created_at");

-- CreateIndex
CREATE INDEX "batch_state_idx" ON "batch"("state");

-- CreateIndex
CREATE INDEX "batch_created_at_idx" ON "batch"("created_at");

-- CreateIndex
CREATE INDEX "chunk_state_batch_id_number_idx" ON "chunk"("state", "batch_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "chunk_batch_id_number_key" ON "chunk"("batch_id", "number");

-- CreateIndex
CREATE INDEX "chunk_item_chunk_id_ordinal_idx" ON "chunk_item"("chunk_id", "ordinal");

-- CreateIndex
CREATE INDEX "classification_chunk_id_category_ordinal_idx" ON "classification"("chunk_id", "category", "ordinal");

-- CreateIndex
CREATE INDEX "classification_chunk_id_confidence_ordinal_idx" ON "classification"("chunk_id", "confidence", "ordinal");

-- CreateIndex
CREATE INDEX "correction_batch_id_ordinal_idx" ON "correction"("batch_id", "ordinal");

-- CreateIndex
CREATE INDEX "decision_batch_id_idx" ON "decision"("batch_id");

-- CreateIndex
CREATE INDEX "manifest_row_decision_id_chunk_id_ordinal_idx" ON "manifest_row"("decision_id", "chunk_id", "ordinal");

-- CreateIndex
CREATE UNIQUE INDEX "receipt_batch_id_ordinal_step_key" ON "receipt"("batch_id", "ordinal", "step");

-- CreateIndex
CREATE INDEX "shelf_entry_batch_id_category_ordinal_idx" ON "shelf_entry"("batch_id", "category", "ordinal");

-- CreateIndex
CREATE INDEX "shelf_entry_dataset_id_ordinal_idx" ON "shelf_entry"("dataset_id", "ordinal");

-- CreateIndex
CREATE UNIQUE INDEX "follow_up_idempotency_key_key" ON "follow_up"("idempotency_key");

-- CreateIndex
CREATE INDEX "follow_up_done_at_id_idx" ON "follow_up"("done_at", "id");

-- CreateIndex
CREATE INDEX "resource_claim_batch_id_idx" ON "resource_claim"("batch_id");

-- CreateIndex
CREATE INDEX "event_batch_id_id_idx" ON "event"("batch_id", "id");

-- CreateIndex
CREATE INDEX "event_at_idx" ON "event"("at");

-- CreateIndex
CREATE INDEX "incident_resolved_at_idx" ON "incident"("resolved_at");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "decision_chunk" ADD CONSTRAINT "decision_chunk_decision_id_fkey" FOREIGN KEY ("decision_id") REFERENCES "decision"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
