'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { api, queries, refusalOf } from '#components/api-client.ts';
import type { BatchLooks, SampleOfBatch } from '#lib/shapes/decisions.ts';
import { boundOptions } from './waiting-offer.tsx';

/** What somebody said of one item: right where it is, or the category where it belongs; null takes it back. */
type Said = { right: true } | { category: string };
type Given = { sample: SampleOfBatch; said: Said | null; before: Said | null };

/**
 * The random items of a batch, and what is said of them here. It shows at once and travels in the order in which it was given; each mark is an ordinary mark in its chunk,
 * each move an ordinary correction there. What is refused is taken back and told. The list stays as it is until all of it was looked at.
 */
export function useLooks(id: string) {
  const client = useQueryClient();
  const options = queries.batches.looks.queryOptions({ input: { id } });
  const { data, error, refetch, isFetching } = useQuery({
    ...options,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const { data: bound } = useQuery(boundOptions(id));
  const [said, setSaid] = useState<ReadonlyMap<number, Said>>(new Map());
  const [refused, setRefused] = useState<string | null>(null);
  const given = useRef<Given[]>([]);
  const waiting = useRef<Given[]>([]);

  const tell = useCallback(
    (ordinal: number, what: Said | null) =>
      setSaid((now) => {
        const next = new Map(now);
        if (what === null) next.delete(ordinal);
        else next.set(ordinal, what);
        return next;
      }),
    [],
  );
  const { mutate: save, isPending: saving } = useMutation({
    mutationKey: [...options.queryKey, 'say'],
    scope: { id: `looks ${id}` },
    mutationFn: async () => {
      for (let one = waiting.current.shift(); one; one = waiting.current.shift()) {
        try {
          await send(id, one);
        } catch (refusal) {
          tell(one.sample.ordinal, one.before);
          setRefused(`Item ${one.sample.ordinal}: ${refusalOf(refusal).message}`);
        }
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: boundOptions(id).queryKey }),
  });

  const say = useCallback(
    (sample: SampleOfBatch, what: Said | null) => {
      const one = { sample, said: what, before: said.get(sample.ordinal) ?? null };
      setRefused(null);
      tell(sample.ordinal, what);
      given.current.push(one);
      waiting.current.push(one);
      save();
    },
    [said, save, tell],
  );
  /** The last one is as it was before; gives its item. */
  const takeBack = useCallback((): SampleOfBatch | null => {
    const last = given.current.pop();
    if (!last) return null;
    tell(last.sample.ordinal, last.before);
    waiting.current.push({ ...last, said: last.before, before: last.said });
    save();
    return last.sample;
  }, [save, tell]);
  const further = useCallback(async () => {
    await refetch();
    setSaid(new Map());
    given.current = [];
  }, [refetch]);

  const now: BatchLooks | undefined = useMemo(
    () => (data ? { ...data, bound: bound?.bound ?? data.bound } : undefined),
    [data, bound],
  );
  return {
    looks: now,
    error: error && refusalOf(error).message,
    said,
    say,
    takeBack,
    further,
    saving,
    reading: isFetching,
    refused,
  };
}

/** Of an item that was moved here before, the category that it came from is where it is put back. */
async function send(id: string, { sample: { ordinal, chunk: n, category, decided }, said, before }: Given): Promise<void> {
  const params = { id, n };
  // Of a decided chunk nothing is moved any more: what is wrong there is marked so.
  if (decided) {
    await api.chunks.mark({ params, body: [{ ordinal, right: said && 'right' in said, category }] });
    return;
  }
  if (said && 'category' in said) {
    await api.chunks.correct({ params, body: [{ ordinal, category: said.category }] });
    return;
  }
  if (before && 'category' in before) await api.chunks.correct({ params, body: [{ ordinal, category }] });
  if (said || !before || 'right' in before)
    await api.chunks.mark({ params, body: [{ ordinal, right: said ? true : null, category }] });
}
