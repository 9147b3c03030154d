-- Agents classify the items of a batch (docs/agents.md), with keys of a role of their own.

-- AlterTable
ALTER TABLE "batch" ADD COLUMN "agents" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE "api_key" DROP CONSTRAINT "api_key_role_check";
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_role_check" CHECK ("role" IN ('admin', 'operator', 'reviewer', 'auditor', 'agent'));
