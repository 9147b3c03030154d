'use client';

import { Dialog } from '#components/ui/dialog.tsx';
import { Kbd } from '#components/ui/kbd.tsx';

const MOVES = 'move the item to this category';
const KEYS: [string[], string][] = [
  [['j', '↓'], 'next item'],
  [['k', '↑'], 'previous item'],
  [['1', '…', '9'], MOVES],
  [['a', 'y'], 'this one is right; go to the next'],
  [['r'], 'the next random item that counts as evidence'],
  [['z'], 'take back the last mark or move'],
  [['c'], 'next category'],
  [['s'], 'samples, or all items'],
  [['/'], 'search in all items'],
  [['e'], 'decide; release the rest'],
  [['n'], 'the next chunk that waits'],
  [['?'], 'this list'],
  [['Ctrl', 'K'], 'everything by name'],
];

/** `decided`: nothing is moved any more. */
export function KeyHelp({ open, decided, onClose }: { open: boolean; decided: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2">
        {KEYS.filter(([, does]) => !decided || does !== MOVES).map(([keys, does]) => (
          <div key={does} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
