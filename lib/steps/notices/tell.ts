/** Works out what people are to be told of, and gives each their notices; what is to leave the house is sent by send.ts. */
import { env } from '#lib/env.ts';
import { giveNotices, pruneMatters, settleMatters, takeTellingTurn } from '#lib/store/notices/matters.sql.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';

/** Harmless when several do it, and again after a crash: each matter and each notice of it is there once. */
export async function tellNotices(): Promise<void> {
  const { SMTP_URL, NOTICE_WEBHOOK_URL, ANSWER_WITHIN_HOURS, ESCALATE_TO } = env();
  const told = {
    mail: SMTP_URL !== undefined,
    webhook: NOTICE_WEBHOOK_URL !== undefined,
    answerWithinHours: ANSWER_WITHIN_HOURS ?? null,
    escalateTo: ESCALATE_TO ?? null,
  };
  await inTransaction(db().pool, async (tx) => {
    if (!(await takeTellingTurn(tx))) return;
    await settleMatters(tx, told);
    await giveNotices(tx, told);
    await pruneMatters(tx);
  });
}
