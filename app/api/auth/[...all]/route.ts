import { answerAuth } from '#lib/auth/route.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { log } from '#lib/log.ts';

export const dynamic = 'force-dynamic';

async function answer(request: Request): Promise<Response> {
  try {
    return await answerAuth(request);
  } catch (error) {
    if (!(error instanceof CountersignError)) log.error({ err: error }, 'signing in or out failed');
    const { status, code, message } =
      error instanceof CountersignError
        ? error
        : { status: 500, code: 'internal', message: 'Something went wrong on our side. Nothing was changed.' };
    const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'private, no-store' };
    return Response.json({ title: message, status, code }, { status, headers });
  }
}

export { answer as GET, answer as POST };
