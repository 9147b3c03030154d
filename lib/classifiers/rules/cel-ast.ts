/** What of CEL's syntax tree the checks and the words need to know. */
import { parse } from '@bufbuild/cel';

export type Expr = ReturnType<typeof parse>['expr'];

/** The parts directly below a node, loops left out: they bring variables of their own. */
export function partsOf(node: Expr): Expr[] {
  const { case: kind, value } = node.exprKind;
  if (kind === 'callExpr') return [...(value.target ? [value.target] : []), ...value.args];
  if (kind === 'listExpr') return value.elements;
  if (kind === 'selectExpr') return value.operand ? [value.operand] : [];
  if (kind === 'structExpr') {
    return value.entries.flatMap((entry) => [
      ...(entry.keyKind.case === 'mapKey' ? [entry.keyKind.value] : []),
      ...(entry.value ? [entry.value] : []),
    ]);
  }
  return [];
}

/** What fields are asked of: `item`, and from version 2 on also `raw`, the texts as they stood. */
export type Root = 'item' | 'raw';
export const ITEM: readonly Root[] = ['item'];
export const TYPED_ROOTS: readonly Root[] = ['item', 'raw'];

/** `item.name` or `item["name"]`; `shift` leads from the node's place in the text to the name. */
export function fieldOf(node: Expr, roots: readonly Root[] = ITEM): { root: Root; name: string; at: Expr; shift: number } | null {
  const { case: kind, value } = node.exprKind;
  if (kind === 'selectExpr') {
    const root = rootOf(value.operand, roots);
    if (root === null || !value.operand) return null;
    // has(item.x) stands where the macro stands; its operand stands at the word item.
    return value.testOnly
      ? { root, name: value.field, at: value.operand, shift: `${root}.`.length }
      : { root, name: value.field, at: node, shift: 1 };
  }
  if (kind !== 'callExpr' || value.function !== '_[_]') return null;
  const root = rootOf(value.args[0], roots);
  const key = value.args[1];
  const constant = key?.exprKind.case === 'constExpr' ? key.exprKind.value.constantKind : undefined;
  return root !== null && key && constant?.case === 'stringValue' ? { root, name: constant.value, at: key, shift: 0 } : null;
}

/** Which of the roots a node is; null for none. */
export function rootOf(node: Expr | undefined, roots: readonly Root[] = ITEM): Root | null {
  if (node?.exprKind.case !== 'identExpr') return null;
  const { name } = node.exprKind.value;
  return roots.find((root) => root === name) ?? null;
}

/** Every field is in the view, so presence would always be true; what people mean by it is that something is there. */
export function rewriteHas(node: Expr): void {
  if (node.exprKind.case !== 'selectExpr') return;
  const empty = parse('"" != ""').expr;
  if (empty.exprKind.case !== 'callExpr') return;
  const select = { ...node, exprKind: { ...node.exprKind, value: { ...node.exprKind.value, testOnly: false } } };
  empty.exprKind.value.args[0] = select;
  node.exprKind = empty.exprKind;
}

/** The same of a typed field: its text is looked at, whatever it means, and white space is nothing. */
export function rewriteTypedHas(node: Expr): void {
  if (node.exprKind.case !== 'selectExpr') return;
  const text = parse(`raw[${JSON.stringify(node.exprKind.value.field)}].trim() != ""`).expr;
  node.exprKind = text.exprKind;
}

/** The part that a node begins with in the text: an operator or a method stands in the middle of its node. */
export function leftmost(node: Expr): Expr {
  const { case: kind, value } = node.exprKind;
  const first =
    kind === 'selectExpr'
      ? value.operand
      : kind === 'callExpr'
        ? (value.target ?? (value.function.startsWith('_') ? value.args[0] : undefined))
        : undefined;
  return first ? leftmost(first) : node;
}
