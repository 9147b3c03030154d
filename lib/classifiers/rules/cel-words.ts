/** Says a simple condition in plain words, for the rationale of a rule whose author gave none. */
import { type Expr, fieldOf } from './cel-ast.ts';

const WORDS_MAX = 140;

/** "from ends with @github.com and listId is not empty"; null where the condition is not simple enough to say. */
export function inWords(expr: Expr): string | null {
  const words = phrase(expr, false);
  return words !== null && words.length <= WORDS_MAX ? words : null;
}

const METHODS: Record<string, [string, string]> = {
  contains: ['contains', 'does not contain'],
  startsWith: ['starts with', 'does not start with'],
  endsWith: ['ends with', 'does not end with'],
  matches: ['matches', 'does not match'],
};
const COMPARISONS: Record<string, [string, string]> = {
  '_==_': ['is', 'is not'],
  '_!=_': ['is not', 'is'],
  '_<_': ['is less than', 'is not less than'],
  '_<=_': ['is at most', 'is more than'],
  '_>_': ['is more than', 'is at most'],
  '_>=_': ['is at least', 'is less than'],
};

const ANY_OF: Record<string, string> = {
  contains: 'contains',
  startsWith: 'starts with',
  endsWith: 'ends with',
  matches: 'matches',
};
/** Of a long list the first few say what it is about. */
const LISTED_MAX = 6;

function phrase(expr: Expr, negated: boolean): string | null {
  if (expr.exprKind.case === 'comprehensionExpr') return negated ? null : anyOf(expr);
  if (expr.exprKind.case !== 'callExpr') return null;
  const { function: name, args, target } = expr.exprKind.value;
  const [left, right] = args;
  if (name === '!_' && left) return phrase(left, !negated);
  if (name === '_&&_' || name === '_||_') {
    if (negated || !left || !right) return null;
    const [one, other] = [phrase(left, false), phrase(right, false)];
    // "a and b or c" would not say which comes first.
    if (
      one === null ||
      other === null ||
      (name === '_&&_' && /\bor\b/.test(one + other)) ||
      (name === '_||_' && /\band\b/.test(one + other))
    )
      return null;
    return `${one} ${name === '_&&_' ? 'and' : 'or'} ${other}`;
  }
  const which = negated ? 1 : 0;
  if (name === '@in' && left && right) {
    const field = subject(left);
    const words = constants(right);
    return field === null || words === null ? null : `${field} is ${negated ? 'none' : 'any'} of ${words}`;
  }
  if (Object.hasOwn(METHODS, name) && target && left) {
    const field = subject(target);
    const value = constant(left);
    return field === null || value === null ? null : `${field} ${METHODS[name]?.[which]} ${value}`;
  }
  if (Object.hasOwn(COMPARISONS, name) && left && right) {
    const field = subject(left);
    const value = constant(right);
    const verb = COMPARISONS[name]?.[which];
    return field === null || value === null ? null : `${field} ${verb} ${value === '' ? 'empty' : value}`;
  }
  return null;
}

/** `["a", "b"].exists(word, item.x.contains(word))`, which the parser has made a loop of. */
function anyOf(expr: Expr): string | null {
  if (expr.exprKind.case !== 'comprehensionExpr') return null;
  const { iterVar, iterRange, accuInit, loopStep } = expr.exprKind.value;
  const start = accuInit?.exprKind.case === 'constExpr' ? accuInit.exprKind.value.constantKind : undefined;
  // `exists` begins with no and looks for a yes; `all` is the other way round.
  if (!iterRange || start?.case !== 'boolValue' || start.value || loopStep?.exprKind.case !== 'callExpr') return null;
  const [, body] = loopStep.exprKind.value.function === '_||_' ? loopStep.exprKind.value.args : [];
  if (body?.exprKind.case !== 'callExpr') return null;
  const { function: name, args, target } = body.exprKind.value;
  const [word] = args;
  if (!Object.hasOwn(ANY_OF, name) || !target || word?.exprKind.case !== 'identExpr' || word.exprKind.value.name !== iterVar)
    return null;
  const field = subject(target);
  const words = constants(iterRange);
  return field === null || words === null ? null : `${field} ${ANY_OF[name]} any of ${words}`;
}

function constants(expr: Expr): string | null {
  if (expr.exprKind.case !== 'listExpr') return null;
  const words = expr.exprKind.value.elements.map(constant);
  if (words.length === 0 || words.includes(null)) return null;
  const rest = words.length - LISTED_MAX;
  return words.slice(0, LISTED_MAX).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** The field, seen through what changes nothing a reader cares for: lower(item.x), number(item.x). */
function subject(expr: Expr): string | null {
  const field = fieldOf(expr);
  if (field) return field.name;
  if (expr.exprKind.case !== 'callExpr') return null;
  const { function: name, args, target } = expr.exprKind.value;
  if (target && args.length === 0 && ['lower', 'lowerAscii', 'trim'].includes(name)) return subject(target);
  return name === 'number' && !target && args[0] ? subject(args[0]) : null;
}

function constant(expr: Expr): string | null {
  if (expr.exprKind.case !== 'constExpr') return null;
  const { case: kind, value } = expr.exprKind.value.constantKind;
  if (kind === 'stringValue') return value;
  return kind === 'int64Value' || kind === 'doubleValue' ? String(value) : null;
}
