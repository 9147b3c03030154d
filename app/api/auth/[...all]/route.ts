import { problemResponse } from '#lib/api/problem.ts';
import { answerAuth } from '#lib/auth/route.ts';

export const dynamic = 'force-dynamic';

async function answer(request: Request): Promise<Response> {
  const { method } = request;
  const refuse = (error: unknown) => problemResponse(error, { method, path: new URL(request.url).pathname });
  const response = await answerAuth(request).catch(refuse);
  response.headers.set('Cache-Control', 'private, no-store');
  return response;
}

export { answer as GET, answer as POST };
