/** The keys of a checkpoint: what the handler answers and what the help lists are this one list. */

type Key = {
  /** `KeyboardEvent.key`; with Ctrl or Cmd as `Ctrl+a` */
  keys: readonly string[];
  /** as the help draws them, where that is not what they are called */
  shown?: readonly string[];
  says: string;
  /** only while categories can still be changed */
  changes?: true;
};

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

const KEYS = {
  next: { keys: ['j'], shown: ['j', '↓'], says: 'next item' },
  previous: { keys: ['k'], shown: ['k', '↑'], says: 'previous item' },
  assign: {
    keys: DIGITS,
    shown: ['1', '…', '9'],
    says: 'move the item, or all selected, to this category, or say that it is right there; go to the next',
    changes: true,
  },
  accept: { keys: ['a', 'y'], says: 'this one is right; go to the next' },
  takeBack: { keys: ['z'], says: 'take back the last mark or move' },
  pick: { keys: ['x'], says: 'select the item, or no longer', changes: true },
  pickDown: { keys: ['J'], shown: ['Shift', 'J'], says: 'select down to the next item', changes: true },
  pickUp: { keys: ['K'], shown: ['Shift', 'K'], says: 'select up to the previous item', changes: true },
  pickAll: { keys: ['Ctrl+a'], shown: ['Ctrl', 'A'], says: 'select all of the list', changes: true },
  open: { keys: ['Enter'], says: 'open the item' },
  close: { keys: ['Escape'], shown: ['Esc'], says: 'close the item; select nothing' },
  walk: { keys: ['r'], says: 'the next random item that counts as evidence' },
  category: { keys: ['c'], says: 'next category' },
  toggleAll: { keys: ['s'], says: 'samples, or all items' },
  search: { keys: ['/'], says: 'search in all items' },
  filter: { keys: ['f'], says: 'filter' },
  decide: { keys: ['e'], says: 'decide; release the rest' },
  nextChunk: { keys: ['n'], says: 'the next chunk that waits' },
  help: { keys: ['?'], says: 'this list' },
} as const satisfies Record<string, Key>;

type KeyAct = keyof typeof KEYS;
/** What each does; null where it does nothing now. `digit`: the key's place, from 0. */
export type KeyActs = { [Act in KeyAct]: ((place: number) => void) | null };

/** The handlers by key, of what does something. */
export function handlersOf(acts: KeyActs): Record<string, () => void> {
  const handlers: Record<string, () => void> = {};
  for (const [name, { keys }] of Object.entries(KEYS) as [KeyAct, Key][]) {
    const act = acts[name];
    if (act) for (const [place, key] of keys.entries()) handlers[key] = () => act(place);
  }
  return handlers;
}

/** What the help lists. `decided`: nothing is moved any more. */
export function keyLines(decided: boolean): { shown: readonly string[]; says: string }[] {
  const lines = (Object.values(KEYS) as Key[]).flatMap(({ keys, shown, says, changes }) =>
    decided && changes ? [] : [{ shown: shown ?? keys, says }],
  );
  return [...lines, { shown: ['Ctrl', 'K'], says: 'everything by name' }];
}
