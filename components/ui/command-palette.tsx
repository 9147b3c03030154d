'use client';

import { Dialog as Base } from '@base-ui/react/dialog';
import { Command } from 'cmdk';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { Kbd } from './kbd.tsx';

export type PaletteCommand = { id: string; label: string; group: string; keywords?: string; keys?: string } & (
  | { href: string }
  | { run: () => void }
);

/** Everything by name, on Ctrl or Cmd-K. `open` and `onOpen` let a button open it too. */
export function CommandPalette({
  commands,
  open,
  onOpen,
}: {
  commands: PaletteCommand[];
  open: boolean;
  onOpen: (open: boolean) => void;
}) {
  const router = useRouter();
  const [query, setQuery] = useState('');
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      onOpen(!open);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [open, onOpen]);

  const choose = (command: PaletteCommand) => {
    onOpen(false);
    setQuery('');
    if ('href' in command) router.push(command.href);
    else command.run();
  };

  return (
    <Base.Root open={open} onOpenChange={onOpen}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-overlay" />
        <Base.Popup className="fixed inset-x-4 top-[12dvh] z-50 mx-auto max-w-xl overflow-hidden rounded-md border border-hairline bg-background shadow-float">
          <Base.Title className="sr-only">Commands</Base.Title>
          <Command label="Commands" loop>
            <Command.Input
              value={query}
              onValueChange={setQuery}
              placeholder="Find a page or an action…"
              className="h-12 w-full border-b border-hairline bg-transparent px-4 text-16 outline-none"
            />
            <Command.List className="max-h-[50dvh] overflow-y-auto p-1">
              <Command.Empty className="px-3 py-6 text-muted">No command has that name.</Command.Empty>
              {groupsOf(commands).map(([group, members]) => (
                <Command.Group
                  key={group}
                  heading={group}
                  className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-muted"
                >
                  {members.map((command) => (
                    <Command.Item
                      key={command.id}
                      value={command.id}
                      keywords={[command.label, command.keywords ?? '']}
                      onSelect={() => choose(command)}
                      className="row-item flex items-center gap-3 rounded-md px-3 data-[selected=true]:bg-selected"
                    >
                      <span className="min-w-0 flex-1 truncate">{command.label}</span>
                      {command.keys ? <Kbd>{command.keys}</Kbd> : null}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function groupsOf(commands: PaletteCommand[]): [string, PaletteCommand[]][] {
  const groups = new Map<string, PaletteCommand[]>();
  for (const command of commands) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  return [...groups];
}
