-- Relations as foreign keys, and sets as checks (docs/relations.md). Each is added NOT VALID: no row is read here, and what older data lacks does not stop
-- the upgrade. Migrating validates them afterwards, each in a transaction of its own, for this one's locks would be held through the reading; and tells what
-- is orphaned (lib/store/postgres/unproven.ts).

-- What cascaded: nothing that is deleted or renumbered takes something else with it.
ALTER TABLE "session" DROP CONSTRAINT "session_user_id_fkey",
ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "account" DROP CONSTRAINT "account_user_id_fkey",
ADD CONSTRAINT "account_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "chunk" DROP CONSTRAINT "chunk_batch_id_fkey",
ADD CONSTRAINT "chunk_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "decision_chunk" DROP CONSTRAINT "decision_chunk_decision_id_fkey",
ADD CONSTRAINT "decision_chunk_decision_id_fkey" FOREIGN KEY ("decision_id") REFERENCES "decision"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;

-- What was joined without one.
ALTER TABLE "setup_link" ADD CONSTRAINT "setup_link_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "batch" ADD CONSTRAINT "batch_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "dataset"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "batch" ADD CONSTRAINT "batch_undoes_fkey" FOREIGN KEY ("undoes") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "rate_bucket" ADD CONSTRAINT "rate_bucket_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "decision" ADD CONSTRAINT "decision_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "decision_chunk" ADD CONSTRAINT "decision_chunk_chunk_id_fkey" FOREIGN KEY ("chunk_id") REFERENCES "chunk"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "incident" ADD CONSTRAINT "incident_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batch"("id") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
ALTER TABLE "incident" ADD CONSTRAINT "incident_batch_id_chunk_fkey" FOREIGN KEY ("batch_id", "chunk") REFERENCES "chunk"("batch_id", "number") ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID;
-- A decision's root is known when the manifests of its chunks are frozen, so its row comes after what it changes in them.
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_decision_id_fkey" FOREIGN KEY ("decision_id") REFERENCES "decision"("id") ON DELETE RESTRICT ON UPDATE RESTRICT
  DEFERRABLE INITIALLY DEFERRED NOT VALID;
-- The breaker's row decides whose incident it is, so it is written before the incident.
ALTER TABLE "breaker" ADD CONSTRAINT "breaker_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE RESTRICT
  DEFERRABLE INITIALLY DEFERRED NOT VALID;

-- Sets that had no check (a test compares each with its set in the code), and a counter that came after the others'.
ALTER TABLE "incident" ADD CONSTRAINT "incident_kind_check" CHECK ("kind" IN ('halted', 'target', 'paused', 'mismatch', 'database', 'damaged', 'web')) NOT VALID;
ALTER TABLE "worker" ADD CONSTRAINT "worker_fault_check" CHECK ("fault" IN ('away', 'crowded', 'readonly', 'full')) NOT VALID;
ALTER TABLE "inspection" ADD CONSTRAINT "inspection_finding_check" CHECK ("finding" IN ('happened', 'not_there', 'unknown')) NOT VALID;
ALTER TABLE "chunk" ADD CONSTRAINT "chunk_accepted_rest_check" CHECK ("accepted_rest" >= 0) NOT VALID;
