/** Which rows of a tree are to be seen: those whose parents are open. */
import { type JsonMember, type JsonNode, jsonMembers } from '#lib/core/values/json-tree.ts';

export type TreeRow =
  | {
      kind: 'value';
      id: number;
      keys: readonly (string | number)[];
      node: JsonNode;
      level: number;
      members: number | null;
      open: boolean;
    }
  | { kind: 'more'; id: number; of: number; level: number; left: number };

/** So many members of one value are shown at first, and with each press. */
export const MEMBERS_SHOWN = 200;
/**
 * What lies deeper is shown as it is written.
 * @internal for its tests
 */
export const LEVELS_SHOWN = 60;

/**
 * @param open the values that are open, by where they begin
 * @param shown how many members of a value are shown, where it is not MEMBERS_SHOWN
 */
export function treeRows(text: string, root: JsonNode, open: ReadonlySet<number>, shown: ReadonlyMap<number, number>): TreeRow[] {
  const rows: TreeRow[] = [];
  type Next = { member: JsonMember; keys: readonly (string | number)[]; level: number } | Extract<TreeRow, { kind: 'more' }>;
  const next: Next[] = [];
  const opened = (node: JsonNode, keys: readonly (string | number)[], level: number): number => {
    const most = shown.get(node.from) ?? MEMBERS_SHOWN;
    const { members, count } = jsonMembers(text, node, 0, open.has(node.from) || level === 1 ? most : 0);
    if (members.length > 0 && count > members.length)
      next.push({ kind: 'more', id: -node.from - 1, of: node.from, level, left: count - members.length });
    for (const member of members.toReversed()) next.push({ member, keys: [...keys, member.key], level });
    return count;
  };
  opened(root, [], 1);
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    if ('kind' in one) {
      rows.push(one);
      continue;
    }
    const { member, keys, level } = one;
    const { node } = member;
    const holds = (node.kind === 'object' || node.kind === 'list') && level < LEVELS_SHOWN;
    const isOpen = holds && open.has(node.from);
    const members = holds ? opened(node, keys, level + 1) : null;
    rows.push({ kind: 'value', id: node.from, keys, node, level, members, open: isOpen && members !== 0 });
  }
  return rows;
}
