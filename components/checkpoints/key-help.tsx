'use client';

import { Dialog } from '#components/ui/dialog.tsx';
import { Kbd } from '#components/ui/kbd.tsx';

const KEYS: [string[], string][] = [
  [['j', '↓'], 'next item'],
  [['k', '↑'], 'previous item'],
  [['1', '…', '9'], 'move the item to this category'],
  [['a'], 'this one is right; go to the next'],
  [['c'], 'next category'],
  [['s'], 'samples, or all items'],
  [['/'], 'search in all items'],
  [['e'], 'decide; release the rest'],
  [['n'], 'the next chunk that waits'],
  [['?'], 'this list'],
  [['Ctrl', 'K'], 'everything by name'],
];

export function KeyHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2">
        {KEYS.map(([keys, does]) => (
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
