'use client';

import { useCallback, useRef, useState } from 'react';
import { NotSent } from './connection.ts';
import type { Outcome, Refusal } from './outcome.ts';
import { tellSignedOut } from './signed-out.ts';

/**
 * Runs one act at a time and keeps what the screen needs to show about it. A thrown fault (the network, usually) becomes a
 * refusal that claims nothing about what happened on the other side.
 */
export function useAct<Input extends unknown[], Value>(act: (...input: Input) => Promise<Outcome<Value>>) {
  const [pending, setPending] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const running = useRef(false);
  const latest = useRef(act);
  latest.current = act;

  const run = useCallback(async (...input: Input): Promise<Outcome<Value>> => {
    if (running.current) return { ok: false, code: 'busy', message: 'The previous request has not been answered yet.' };
    running.current = true;
    setPending(true);
    setRefusal(null);
    const outcome = await latest.current(...input).catch(unanswered);
    running.current = false;
    setPending(false);
    if (!outcome.ok) {
      setRefusal(outcome);
      if (outcome.code === 'unauthenticated') tellSignedOut();
    }
    return outcome;
  }, []);

  const forget = useCallback(() => setRefusal(null), []);
  return { run, pending, refusal, forget };
}

function unanswered(fault: unknown): Refusal {
  if (fault instanceof NotSent) return { ok: false, code: 'not_sent', message: fault.message };
  return {
    ok: false,
    code: 'unanswered',
    message: 'The server did not answer. It is not known whether this was done. Reload to see.',
  };
}
