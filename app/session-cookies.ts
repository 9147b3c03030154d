import { cookies } from 'next/headers';
import type { Cookie } from '#lib/auth/sign-in.ts';

/** Puts the cookies of a sign-in or sign-out on the answer of this server action. */
export async function setCookies(given: Cookie[]): Promise<void> {
  const jar = await cookies();
  for (const { name, value, options } of given) jar.set(name, value, options as Parameters<typeof jar.set>[2]);
}
