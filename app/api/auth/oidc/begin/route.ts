import { safeNext } from '#app/next-path.ts';
import { problemResponse } from '#lib/api/problem.ts';
import { beginWithProvider } from '#lib/auth/oidc.ts';

export const dynamic = 'force-dynamic';

/** Sends the browser to the provider of the single sign-on. */
export async function GET(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  try {
    const { url, cookie } = await beginWithProvider(safeNext(searchParams.get('next')));
    const headers = { Location: url.href, 'Set-Cookie': cookie, 'Cache-Control': 'private, no-store' };
    return new Response(null, { status: 302, headers });
  } catch (error) {
    return problemResponse(error, { method: 'GET', path: pathname });
  }
}
