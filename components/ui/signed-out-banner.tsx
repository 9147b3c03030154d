'use client';

import { useEffect, useState } from 'react';
import { Banner } from './banner.tsx';
import { buttonLook } from './button-look.ts';
import { onSignedOut } from './signed-out.ts';

/** The session ended under this page. What is on it stays: signing in happens in another tab, and coming back goes on. */
export function SignedOutBanner() {
  const [shown, setShown] = useState(false);
  useEffect(() => onSignedOut(() => setShown(true)), []);
  useEffect(() => {
    if (!shown) return;
    const hide = () => setShown(false);
    window.addEventListener('focus', hide);
    return () => window.removeEventListener('focus', hide);
  }, [shown]);
  if (!shown) return null;
  return (
    <Banner
      kind="danger"
      className="mb-4"
      actions={
        <a href="/sign-in" target="_blank" rel="noreferrer" className={buttonLook('primary', 'normal')}>
          Sign in in a new tab
        </a>
      }
    >
      Your session has ended. Nothing was done, and what is on this page stays: sign in, come back, and do it again.
    </Banner>
  );
}
