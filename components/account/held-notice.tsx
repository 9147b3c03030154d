'use client';

import { useMutation } from '@tanstack/react-query';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { buttonLook } from '#components/ui/button-look.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { useProven } from './proof.tsx';

type Props = {
  /** a second factor is set up, and this session began without it */
  has: boolean;
  onGive: (nothing: Record<string, never>) => Promise<Outcome>;
};

/** Why nothing else is here yet, and the way on. */
export function HeldNotice({ has, onGive }: Props) {
  const proven = useProven();
  const give = useMutation({
    ...writing(['account', 'give-factor'], () => proven(() => onGive({}))),
    onSuccess: () => location.assign('/'),
  });
  const on = has ? (
    <Button kind="primary" pending={give.isPending || give.isSuccess} onClick={() => give.mutate()}>
      Give it now
    </Button>
  ) : (
    // Read anew as a whole: until then the backup codes stay where they are shown.
    <a href="/" className={buttonLook('secondary', 'normal')}>
      Continue
    </a>
  );
  return (
    <Banner kind="warning" className="mb-6" actions={on}>
      {has
        ? 'Here everybody of your role gives a second factor, and you signed in with your password alone.'
        : 'Here everybody of your role has a second factor. Set up an authenticator app or a passkey below, then continue.'}
      {give.error ? ` ${give.error.message}` : null}
    </Banner>
  );
}
