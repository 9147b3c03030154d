-- When a session was used last, and links that set a password anew (docs/sign-in.md).

-- AlterTable
ALTER TABLE "session" ADD COLUMN     "last_seen_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "setup_link" ADD COLUMN     "resets_id" UUID;

-- AddForeignKey
ALTER TABLE "setup_link" ADD CONSTRAINT "setup_link_resets_id_fkey" FOREIGN KEY ("resets_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
