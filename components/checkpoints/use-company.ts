'use client';

import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api, asOutcome, queries } from '#components/api-client.ts';
import { eventStream } from '#components/live/event-stream.ts';
import { writing } from '#components/ui/writing.ts';
import type { Company } from '#lib/shapes/evidence.ts';
import type { OfChunk } from './checkpoint-view.ts';

/** Whose process died says no goodbye: it is looked again. */
const LOOK_AGAIN_MS = 20_000;

/** Who else is there: read anew whenever the batch has changed, by whoever follows its events (`companyKey`). */
function companyOptions(of: OfChunk, read: () => Promise<Company>) {
  return queryOptions<Company>({
    queryKey: [...companyKey(of), 'now'],
    queryFn: read,
    refetchInterval: LOOK_AGAIN_MS,
    gcTime: 0,
    staleTime: 0,
  });
}

export function companyKey(of: OfChunk) {
  return queries.chunks.company.key({ input: of });
}

/**
 * The others at this checkpoint; and tells them of this page, for as long as it is open.
 * @param revision the one on the screen
 * @param onHear is given each answer, with what others marked since the one before
 */
export function useCompany(of: OfChunk, revision: number, onHear: (company: Company) => void) {
  const client = useQueryClient();
  const after = useRef<string | undefined>(undefined);
  const latest = useRef({ revision, onHear });
  latest.current = { revision, onHear };

  useEffect(() => eventStream().follow(() => {}, { chunk: `${of.id}.${of.n}` }), [of]);

  const options = companyOptions(of, async () => {
    const asked = { ...of, revision: latest.current.revision, ...(after.current ? { after: after.current } : {}) };
    const company = await api.chunks.company(asked);
    after.current = company.after;
    latest.current.onHear(company);
    return company;
  });
  const { data: company = null } = useQuery(options);

  const claim = useMutation({
    ...writing(['chunks', of.id, of.n, 'claim'], (mine: boolean) => asOutcome(api.chunks.claim({ params: of, body: { mine } }))),
    onSuccess: ({ here, reviewer }) => client.setQueryData(options.queryKey, (before) => before && { ...before, here, reviewer }),
  });
  return { company, claim };
}
