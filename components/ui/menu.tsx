'use client';

import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { classes } from './classes.ts';

export type MenuItem =
  | { id: string; label: ReactNode; onSelect: () => void; danger?: boolean; disabled?: boolean; checked?: boolean }
  | { id: string; heading: string };

/** A list of acts behind one button. */
export function Menu({ trigger, items, align = 'end' }: { trigger: ReactElement; items: MenuItem[]; align?: 'start' | 'end' }) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} className="z-50">
          <Base.Popup className="max-h-(--available-height) min-w-48 overflow-y-auto rounded-md border border-hairline bg-background py-1 shadow-float outline-none">
            {items.map((item) =>
              'heading' in item ? (
                <div
                  key={item.id}
                  className="border-b border-hairline px-3 pt-1 pb-2 text-12 text-muted last:border-0"
                  role="presentation"
                >
                  {item.heading}
                </div>
              ) : (
                <Base.Item
                  key={item.id}
                  onClick={item.onSelect}
                  disabled={item.disabled ?? false}
                  className={classes(
                    'row-item flex cursor-default items-center gap-3 px-3 outline-none data-disabled:text-muted data-highlighted:bg-sunken',
                    item.danger && 'text-red',
                  )}
                >
                  <span className="flex-1">{item.label}</span>
                  {item.checked ? <span className="text-12 text-muted">on</span> : null}
                </Base.Item>
              ),
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
