import { problemResponse } from '#lib/api/problem.ts';
import { backFromProvider, forgetProvider } from '#lib/auth/oidc.ts';
import { beginSession, cookieLine } from '#lib/auth/sign-in.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { enterByProvider } from '#lib/steps/people/enter-by-provider.ts';

export const dynamic = 'force-dynamic';

/** Whoever comes back from the provider: signed in and where they wanted to go, or at the sign-in with the reason. */
export async function GET(request: Request): Promise<Response> {
  try {
    const { vouched, next } = await backFromProvider(request);
    const { userId } = await enterByProvider(vouched, request.headers);
    return to(next, (await beginSession(userId, 'provider', request.headers)).map(cookieLine));
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'unauthenticated')
      return to(`/sign-in?refused=${error.facts.refusal ?? 'disabled'}`, []);
    return problemResponse(error, { method: 'GET', path: new URL(request.url).pathname });
  }
}

function to(path: string, cookies: string[]): Response {
  const headers = new Headers({ Location: path, 'Cache-Control': 'private, no-store' });
  for (const cookie of [...cookies, forgetProvider()]) headers.append('Set-Cookie', cookie);
  return new Response(null, { status: 302, headers });
}
