-- What the test of a connection found there beside its verdict: tables that plans can name, and what somebody has to run first.
ALTER TABLE "connection" ADD COLUMN "tested_offers" JSONB;
