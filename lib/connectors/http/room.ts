/** How much of a request is left while it is filled in: lengths are added up before they are joined. */
import { itemRefusal } from '#lib/connectors/parameters.ts';
import type { ActionItem } from '#lib/connectors/port.ts';
import { REQUEST_BYTES_MAX } from '#lib/core/limits.ts';
import { renderedLength, renderTemplate } from '#lib/core/values/template.ts';

/** What is left of a request. A character has a byte at least, so what is refused here could not have been sent. */
export type Room = { take(chars: number): void };

/** The room of a whole request. What is taken beyond it throws `invalid` naming the item. */
export function roomOf(ordinal: number): Room {
  let left = REQUEST_BYTES_MAX;
  return {
    take(chars) {
      left -= chars;
      if (left < 0) throw itemRefusal(ordinal, `its request would have more than ${REQUEST_BYTES_MAX} bytes, the limit.`);
    },
  };
}

/** Fills a template in; its length is taken from the room before it is. */
export function render(text: string, fields: Record<string, string>, room: Room): string {
  room.take(renderedLength(text, fields));
  return renderTemplate(text, fields);
}

/** The named fields of an item, which a frozen template keeps; an item without one has it empty. */
export function kept(names: Iterable<string>, { fields }: ActionItem, room: Room): Record<string, string> {
  return Object.fromEntries(
    [...new Set(names)].map((name) => {
      const value = Object.hasOwn(fields, name) ? (fields[name] ?? '') : '';
      room.take(value.length);
      return [name, value];
    }),
  );
}
