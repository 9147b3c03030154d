import { useRef } from 'react';

/** Rows have no identity of their own; this gives each one a key that follows it through moves and removals. */
export function useRowKeys(count: number): {
  keys: readonly number[];
  move: (from: number, to: number) => void;
  remove: (at: number) => void;
} {
  const keys = useRef<number[]>([]);
  const next = useRef(0);
  while (keys.current.length < count) keys.current.push(next.current++);
  keys.current.length = count;
  return {
    keys: keys.current,
    move: (from, to) => {
      const [key] = keys.current.splice(from, 1);
      if (key !== undefined) keys.current.splice(to, 0, key);
    },
    remove: (at) => {
      keys.current.splice(at, 1);
    },
  };
}
