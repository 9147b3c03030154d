/** Finds object shapes that are typed more than once: type literals, interfaces and zod objects with the same, or nearly the same, property names. */

import ts from 'typescript';

/** One place that types an object; the members of one union are one place. */
export type Shape = { file: string; line: number; name: string; union: ts.Node; properties: Set<string> };

/** Fewer names than this are a coincidence. */
const NAMES_MIN = 4;
/** Nearly the same: so many names in common, and this share of all names of both. */
const COMMON_MIN = 5;
const OVERLAP_MIN = 0.8;

/** Whether shapes of this file are compared: not those of tests, and not rows, which are typed where their SELECT names the columns. */
export function isShaped(path: string): boolean {
  return /^(app|components|lib(?!\/store))\/.*\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path);
}

/** The shapes of one source file, those within others included. Names that come by spreading, extending or inferring are typed elsewhere and don't count. */
export function shapesIn(file: string, text: string): Shape[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Shape[] = [];
  visit(source);
  return found;

  function visit(node: ts.Node): void {
    const members = membersOf(node);
    if (members) {
      const properties = new Set(
        members.flatMap(({ name }) => (name && !ts.isComputedPropertyName(name) ? [name.getText(source)] : [])),
      );
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      if (properties.size >= NAMES_MIN) found.push({ file, line, name: nameOf(node, source), union: unionOf(node), properties });
    }
    ts.forEachChild(node, visit);
  }
}

/** Groups of shapes that are the same, or nearly, each in at least two places. */
export function typedTwice(shapes: Shape[]): Shape[][] {
  const groupOf = new Map(shapes.map((shape) => [shape, new Set([shape])]));
  shapes.forEach((one, index) => {
    for (const other of shapes.slice(index + 1)) {
      const [mine, its] = [groupOf.get(one), groupOf.get(other)];
      if (!mine || !its || mine === its || one.union === other.union || !alike(one.properties, other.properties)) continue;
      for (const shape of its) groupOf.set(shape, mine.add(shape));
    }
  });
  return [...new Set(groupOf.values())].filter((group) => group.size > 1).map((group) => [...group]);
}

function alike(one: Set<string>, other: Set<string>): boolean {
  const common = [...one].filter((name) => other.has(name)).length;
  const all = one.size + other.size - common;
  return common === all || (common >= COMMON_MIN && common / all >= OVERLAP_MIN);
}

function membersOf(node: ts.Node): readonly (ts.TypeElement | ts.ObjectLiteralElementLike)[] | null {
  if (ts.isTypeLiteralNode(node) || ts.isInterfaceDeclaration(node)) return node.members;
  if (!ts.isCallExpression(node) || !isZodObject(node.expression)) return null;
  const [argument] = node.arguments;
  return argument && ts.isObjectLiteralExpression(argument) ? argument.properties : null;
}

const ZOD_OBJECTS = ['object', 'strictObject', 'looseObject'];

function isZodObject(called: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(called) || !ts.isIdentifier(called.expression)) return false;
  return called.expression.text === 'z' && ZOD_OBJECTS.includes(called.name.text);
}

/** The names on the way from the declaration down to the shape. A parameter's says nothing that its function's does not. */
function nameOf(shape: ts.Node, source: ts.SourceFile): string {
  const path: string[] = [];
  for (let node = shape; !ts.isSourceFile(node); node = node.parent) {
    if (ts.isParameter(node) || ts.isPropertyAccessExpression(node)) continue;
    if ('name' in node && node.name) path.unshift((node.name as ts.Node).getText(source));
  }
  return path.join('.');
}

/** The union that the shape is a member of, else the shape itself. */
function unionOf(shape: ts.Node): ts.Node {
  const { parent } = shape;
  if (ts.isParenthesizedTypeNode(parent)) return unionOf(parent);
  return ts.isUnionTypeNode(parent) || ts.isArrayLiteralExpression(parent) ? parent : shape;
}
