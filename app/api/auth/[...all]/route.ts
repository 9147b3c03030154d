import { answerAuth } from '#lib/auth/route.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { log } from '#lib/log.ts';

export const dynamic = 'force-dynamic';

const BROKE = 'Something went wrong on our side. Nothing was changed.';

async function answer(request: Request): Promise<Response> {
  try {
    return await answerAuth(request);
  } catch (error) {
    if (!(error instanceof CountersignError)) log.error({ err: error }, 'signing in or out failed');
    const refusal = error instanceof CountersignError ? error : null;
    const { status, code, message } = refusal ?? { status: 500, code: 'internal', message: BROKE };
    const headers = new Headers({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'private, no-store' });
    const retryAfter = refusal?.facts.retryAfterSeconds;
    if (typeof retryAfter === 'number') headers.set('Retry-After', String(retryAfter));
    return Response.json({ title: message, status, code }, { status, headers });
  }
}

export { answer as GET, answer as POST };
