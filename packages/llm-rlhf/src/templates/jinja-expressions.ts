import { applyFilter, applyTest, attributeOf, itemAt } from './jinja-filters.ts';
import type { Call, Expression, Name } from './jinja-syntax.ts';
import {
  Callable,
  compare,
  contains,
  equal,
  isTrue,
  itemsOf,
  Namespace,
  numberOf,
  PythonFloat,
  pythonType,
  representation,
  TemplateError,
  textOf,
  Tuple,
  Undefined,
  wholeNumber,
  type Arguments,
  type Dict,
  type Value,
} from './python-values.ts';

/** Names, and those of what is around. */
export class Scope {
  readonly names: Map<string, Value>;
  private readonly outer: Scope | undefined;

  constructor(outer?: Scope, names: Iterable<readonly [string, Value]> = []) {
    this.outer = outer;
    this.names = new Map(names);
  }

  find(name: string): Value {
    const value = this.names.get(name);
    if (value !== undefined) return value;
    return this.outer === undefined ? new Undefined(`'${name}'`) : this.outer.find(name);
  }
}

/** The value of an expression where these are the names. @throws TemplateError for what goes wrong, or is not supported here. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.type) {
    case 'Identifier':
      return scope.find(expression.value);
    case 'StringLiteral':
      return expression.value;
    case 'IntegerLiteral':
      return wholeNumber(expression.value, 'template');
    case 'FloatLiteral':
      return new PythonFloat(expression.value);
    case 'ArrayLiteral':
      return expression.value.map((each) => evaluate(each, scope));
    case 'TupleLiteral':
      return new Tuple(expression.value.map((each) => evaluate(each, scope)));
    case 'ObjectLiteral':
      return dictOf(expression.value, scope);
    case 'MemberExpression':
      return member(expression, scope);
    case 'CallExpression':
      return callOf(evaluate(expression.callee, scope), argumentsOf(expression.args, scope));
    case 'BinaryExpression':
      return binary(expression, scope);
    case 'UnaryExpression':
      return unary(expression.operator.value, evaluate(expression.argument, scope));
    case 'FilterExpression':
      return filtered(evaluate(expression.operand, scope), expression.filter, scope);
    case 'TestExpression':
      return applyTest(evaluate(expression.operand, scope), expression.test.value) !== expression.negate;
    case 'SelectExpression':
      if (isTrue(evaluate(expression.test, scope))) return evaluate(expression.lhs, scope);
      return new Undefined('what an if without an else leaves out');
    case 'Ternary': {
      const { condition, trueExpr, falseExpr } = expression;
      return evaluate(isTrue(evaluate(condition, scope)) ? trueExpr : falseExpr, scope);
    }
    default:
      throw new TemplateError(`template: a ${expression.type} is not supported here`);
  }
}

function dictOf(entries: ReadonlyMap<Expression, Expression>, scope: Scope): Dict {
  const dict = new Map<Value, Value>();
  for (const [keyExpression, value] of entries) {
    const key = evaluate(keyExpression, scope);
    if (key !== null && typeof key !== 'string' && numberOf(key) === undefined) {
      throw new TemplateError(`template: keys of type '${pythonType(key)}' are not supported`);
    }
    const same = Array.from(dict.keys()).find((other) => equal(other, key));
    dict.set(same ?? key, evaluate(value, scope));
  }
  return dict;
}

function member(expression: Expression & { type: 'MemberExpression' }, scope: Scope): Value {
  const { object: objectExpression, property, computed } = expression;
  const object = evaluate(objectExpression, scope);
  if (!computed) {
    if (property.type === 'Identifier') return attributeOf(object, property.value);
    return itemAt(object, evaluate(property, scope));
  }
  if (property.type !== 'SliceExpression') return itemAt(object, evaluate(property, scope));
  const isSequence = typeof object === 'string' || Array.isArray(object) || object instanceof Tuple;
  if (!isSequence) {
    if (object instanceof Undefined) object.fail();
    throw new TemplateError(`slices of an object of type '${pythonType(object)}' are not supported`);
  }
  const bounds = [property.start, property.stop, property.step].map((bound) => {
    const value = bound === undefined ? null : evaluate(bound, scope);
    if (value === null || typeof value === 'number') return value;
    throw new TemplateError(`expected a slice of integers, got '${pythonType(value)}'`);
  });
  const items = sliced(itemsOf(object), bounds[0], bounds[1], bounds[2] ?? 1);
  if (typeof object === 'string') return items.map(textOf).join('');
  return object instanceof Tuple ? new Tuple(items) : items;
}

/** items[start:stop:step]. */
function sliced(items: readonly Value[], start: number | null, stop: number | null, step: number): Value[] {
  if (step === 0) throw new TemplateError('expected a slice with a step other than 0');
  const { length } = items;
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const bounded = (bound: number): number => Math.min(most, Math.max(least, bound < 0 ? bound + length : bound));
  const first = start === null ? (step > 0 ? least : most) : bounded(start);
  const last = stop === null ? (step > 0 ? most : least) : bounded(stop);
  const count = Math.max(0, Math.ceil((last - first) / step));
  return Array.from({ length: count }, (_, i) => items[first + i * step]);
}

/** What a call is given. */
export function argumentsOf(expressions: readonly Expression[], scope: Scope): Arguments {
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  for (const expression of expressions) {
    if (expression.type === 'KeywordArgumentExpression') {
      named.set(expression.key.value, evaluate(expression.value, scope));
    } else if (expression.type === 'SpreadExpression') {
      for (const item of itemsOf(evaluate(expression.argument, scope))) positional.push(item);
    } else if (expression.type === 'KeywordSpreadExpression') {
      const spread = { positional: [evaluate(expression.argument, scope)], named: new Map() };
      for (const [key, value] of entriesOf('**', spread)) named.set(key, value);
    } else {
      positional.push(evaluate(expression, scope));
    }
  }
  return { positional, named };
}

/** What a call returns. */
export function callOf(callee: Value, given: Arguments): Value {
  if (callee instanceof Undefined) callee.fail();
  if (!(callee instanceof Callable)) {
    throw new TemplateError(`an object of type '${pythonType(callee)}' cannot be called`);
  }
  return callee.call(given);
}

/** `{{ value | filter }}` */
export function filtered(value: Value, filter: Name | Call, scope: Scope): Value {
  const name = filter.type === 'Identifier' ? filter : filter.callee;
  if (name.type !== 'Identifier') throw new TemplateError('template: expected the name of a filter');
  return applyFilter(value, name.value, argumentsOf(filter.type === 'Identifier' ? [] : filter.args, scope));
}

function unary(operator: string, value: Value): Value {
  if (operator === 'not') return !isTrue(value);
  const number = numberOf(value);
  if (number === undefined) throw new TemplateError(`'${operator}' of an object of type '${pythonType(value)}'`);
  const signed = operator === '-' ? -number : number;
  return value instanceof PythonFloat ? new PythonFloat(signed) : signed + 0;
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function binary(expression: Expression & { type: 'BinaryExpression' }, scope: Scope): Value {
  const { left, right } = expression;
  const operator = expression.operator.value;
  const a = evaluate(left, scope);
  if (operator === 'and') return isTrue(a) ? evaluate(right, scope) : a;
  if (operator === 'or') return isTrue(a) ? a : evaluate(right, scope);
  const b = evaluate(right, scope);
  if (operator === '==') return equal(a, b);
  if (operator === '!=') return !equal(a, b);
  if (operator === 'in') return contains(b, a);
  if (operator === 'not in') return !contains(b, a);
  if (operator === '~') return textOf(a) + textOf(b);
  for (const side of [a, b]) if (side instanceof Undefined) side.fail();
  if (Object.hasOwn(comparisons, operator)) return comparisons[operator](compare(a, b));
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) {
    return arithmetic(operator, x, y, a instanceof PythonFloat || b instanceof PythonFloat);
  }
  return ofSequences(operator, a, b);
}

function arithmetic(operator: string, x: number, y: number, isFloat: boolean): Value {
  const result = (value: number): Value => (isFloat ? new PythonFloat(value) : wholeNumber(value, 'template'));
  if (['/', '//', '%'].includes(operator) && y === 0) throw new TemplateError(`'${operator}': division by zero`);
  switch (operator) {
    case '+':
      return result(x + y);
    case '-':
      return result(x - y);
    case '*':
      return result(x * y);
    case '/':
      return new PythonFloat(x / y);
    case '//':
      return result(Math.floor(x / y));
    case '%':
      // The sign of the divisor, as in Python.
      return result(x % y !== 0 && x % y < 0 !== y < 0 ? (x % y) + y : x % y);
    case '**':
      if (!isFloat && y < 0) return new PythonFloat(x ** y);
      return result(x ** y);
    default:
      throw new TemplateError(`template: the operator '${operator}' is not supported`);
  }
}

/** + and * of texts, lists and tuples. */
function ofSequences(operator: string, a: Value, b: Value): Value {
  const types = `'${pythonType(a)}' and '${pythonType(b)}'`;
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
    if (Array.isArray(a) && Array.isArray(b)) return [...itemsOf(a), ...itemsOf(b)];
  }
  if (operator === '*') {
    const [sequence, count] = typeof a === 'number' ? [b, a] : [a, b];
    if (typeof sequence === 'string' && typeof count === 'number') return sequence.repeat(Math.max(0, count));
  }
  throw new TemplateError(`'${operator}' of ${types} is not supported, such as ${sample(a)}`);
}

function sample(value: Value): string {
  const text = value instanceof Callable || value instanceof Namespace ? pythonType(value) : representation(value);
  return text.slice(0, 60);
}

/** Names and values, of dicts and of what has names. */
export function entriesOf(subject: string, { positional, named }: Arguments): (readonly [string, Value])[] {
  const given = positional.flatMap((value) => {
    if (value instanceof Map) return Array.from(value as Dict);
    throw new TemplateError(`${subject}: expected a dict, got '${pythonType(value)}'`);
  });
  return [...given, ...named].map(([key, value]) => {
    if (typeof key === 'string') return [key, value] as const;
    throw new TemplateError(`${subject}: expected names that are texts, got '${pythonType(key)}'`);
  });
}
