import { applyFilter, applyTest, attributeOf, itemAt } from './jinja-filters.ts';
import { GENERATION, type Call, type Expression, type Name, type Statement } from './jinja-syntax.ts';
import {
  bind,
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
  View,
  wholeNumber,
  type Arguments,
  type Dict,
  type Value,
} from './python-values.ts';

/** A part of what a template writes. */
export interface RenderedPart {
  readonly text: string;
  /** Whether it stood in a `{% generation %}` block. */
  readonly isGenerated: boolean;
}

/** Names, and those of what is around. */
class Scope {
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

/** What is written, and which of it by the assistant. */
class Output {
  readonly parts: RenderedPart[] = [];
  isGenerated = false;
  /** Of a macro or another block that becomes a text first. */
  readonly isInner: boolean;

  constructor(isInner: boolean) {
    this.isInner = isInner;
  }

  write(text: string): void {
    if (text !== '') this.parts.push({ text, isGenerated: this.isGenerated });
  }

  text(): string {
    return this.parts.map(({ text }) => text).join('');
  }
}

/** How a block ended. */
type Ending = 'break' | 'continue' | undefined;

/**
 * What a template writes where these are its variables, as Python's Jinja 3.1 with transformers' settings.
 * @throws TemplateError for what goes wrong there, or is not supported here.
 */
export function render(template: readonly Statement[], variables: Readonly<Record<string, Value>>): RenderedPart[] {
  const output = new Output(false);
  runBlock(template, new Scope(globals, Object.entries(variables)), output);
  return output.parts;
}

const globals = new Scope(undefined, [
  ...(['true', 'True'] as const).map((name) => [name, true] as const),
  ...(['false', 'False'] as const).map((name) => [name, false] as const),
  ...(['none', 'None'] as const).map((name) => [name, null] as const),
  ['range', new Callable('range', range)],
  ['namespace', new Callable('namespace', (given) => new Namespace(entriesOf('namespace', given)))],
  ['dict', new Callable('dict', (given) => new Map<Value, Value>(entriesOf('dict', given)))],
  [
    'raise_exception',
    new Callable('raise_exception', (given) => {
      throw new TemplateError(textOf(bind('raise_exception', ['message'], given).message));
    }),
  ],
]);

function range(given: Arguments): Value {
  const numbers = given.positional.map((value) => {
    if (typeof value === 'number') return value;
    throw new TemplateError(`range: expected integers, got '${pythonType(value)}'`);
  });
  if (numbers.length < 1 || numbers.length > 3 || given.named.size > 0) {
    throw new TemplateError(`range: expected 1 to 3 arguments, got ${numbers.length + given.named.size}`);
  }
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  if (step === 0) throw new TemplateError('range: expected a step other than 0');
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count > 100_000) throw new TemplateError(`range: expected at most 100000 numbers, got ${count}`);
  return new View(
    'range',
    Array.from({ length: count }, (_, i) => start + i * step),
  );
}

function entriesOf(subject: string, { positional, named }: Arguments): (readonly [string, Value])[] {
  const given = positional.flatMap((value) => {
    if (value instanceof Map) return Array.from(value as Dict);
    throw new TemplateError(`${subject}: expected a dict, got '${pythonType(value)}'`);
  });
  return [...given, ...named].map(([key, value]) => {
    if (typeof key === 'string') return [key, value] as const;
    throw new TemplateError(`${subject}: expected names that are texts, got '${pythonType(key)}'`);
  });
}

function runBlock(statements: readonly Statement[], scope: Scope, output: Output): Ending {
  for (const statement of statements) {
    const ending = run(statement, scope, output);
    if (ending !== undefined) return ending;
  }
  return undefined;
}

function run(statement: Statement, scope: Scope, output: Output): Ending {
  switch (statement.type) {
    case 'Comment':
      return undefined;
    case 'Break':
      return 'break';
    case 'Continue':
      return 'continue';
    case 'If':
      return runBlock(isTrue(evaluate(statement.test, scope)) ? statement.body : statement.alternate, scope, output);
    case 'For':
      return runLoop(statement, scope, output);
    case 'Set': {
      const { assignee, value, body } = statement;
      assign(assignee, value === null ? blockText(body, new Scope(scope)) : evaluate(value, scope), scope);
      return undefined;
    }
    case 'Macro': {
      const { name, args, body } = statement;
      scope.names.set(name.value, macro(name.value, args, body, scope));
      return undefined;
    }
    case 'CallStatement':
      runCall(statement, scope, output);
      return undefined;
    case 'FilterStatement': {
      const { filter, body } = statement;
      output.write(textOf(filtered(blockText(body, new Scope(scope)), filter, scope)));
      return undefined;
    }
    default:
      output.write(textOf(evaluate(statement, scope)));
      return undefined;
  }
}

function blockText(statements: readonly Statement[], scope: Scope): string {
  const output = new Output(true);
  runBlock(statements, scope, output);
  return output.text();
}

function runLoop(statement: Statement & { type: 'For' }, scope: Scope, output: Output): Ending {
  const { loopvar, iterable, body, defaultBlock } = statement;
  const isFiltered = iterable.type === 'SelectExpression';
  const all = itemsOf(evaluate(isFiltered ? iterable.lhs : iterable, scope));
  const within = (item: Value): Scope => {
    const inner = new Scope(scope);
    assign(loopvar, item, inner);
    return inner;
  };
  const items = isFiltered ? all.filter((item) => isTrue(evaluate(iterable.test, within(item)))) : all;
  if (items.length === 0) return runBlock(defaultBlock, new Scope(scope), output);
  for (const [i, item] of items.entries()) {
    const inner = within(item);
    inner.names.set('loop', loopAt(items, i));
    if (runBlock(body, inner, output) === 'break') break;
  }
  return undefined;
}

/** What a loop's body knows of it. */
function loopAt(items: readonly Value[], i: number): Namespace {
  const beyond = new Undefined('there is no such item of the loop, which');
  const cycle = new Callable('loop.cycle', ({ positional }) => {
    if (positional.length === 0) throw new TemplateError('loop.cycle: expected at least one value');
    return positional[i % positional.length];
  });
  return new Namespace(
    Object.entries<Value>({
      index: i + 1,
      index0: i,
      revindex: items.length - i,
      revindex0: items.length - i - 1,
      first: i === 0,
      last: i === items.length - 1,
      length: items.length,
      // Of recursive loops alone, which are not supported.
      depth: 1,
      depth0: 0,
      previtem: items[i - 1] ?? beyond,
      nextitem: items[i + 1] ?? beyond,
      cycle,
    }),
    'loop',
  );
}

function assign(target: Expression, value: Value, scope: Scope): void {
  if (target.type === 'Identifier') {
    scope.names.set(target.value, value);
  } else if (target.type === 'TupleLiteral') {
    const items = itemsOf(value);
    if (items.length !== target.value.length) {
      throw new TemplateError(`expected ${target.value.length} values to unpack, got ${items.length}`);
    }
    target.value.forEach((each, i) => {
      assign(each, items[i], scope);
    });
  } else if (target.type === 'MemberExpression' && !target.computed && target.property.type === 'Identifier') {
    const object = evaluate(target.object, scope);
    if (!(object instanceof Namespace) || object.kind === 'loop') {
      throw new TemplateError(`cannot assign an attribute of an object of type '${pythonType(object)}'`);
    }
    object.attributes.set(target.property.value, value);
  } else {
    throw new TemplateError(`cannot assign to a ${target.type}`);
  }
}

function macro(name: string, parameters: readonly Expression[], body: readonly Statement[], scope: Scope): Callable {
  const names = parameters.map((parameter) => {
    const { value } = parameter.type === 'KeywordArgumentExpression' ? parameter.key : (parameter as Name);
    return value;
  });
  return new Callable(name, ({ positional, named }) => {
    const inner = new Scope(scope);
    const caller = named.get('caller');
    const others = new Map(Array.from(named).filter(([key]) => key !== 'caller'));
    const missing = Object.fromEntries(names.map((each) => [each, new Undefined(`parameter '${each}'`)]));
    const given = bind(name, names, { positional, named: others }, missing);
    if (caller !== undefined) inner.names.set('caller', caller);
    parameters.forEach((parameter, i) => {
      const value = given[names[i]];
      const isMissing = value === missing[names[i]] && parameter.type === 'KeywordArgumentExpression';
      inner.names.set(names[i], isMissing ? evaluate(parameter.value, inner) : value);
    });
    return blockText(body, inner);
  });
}

function runCall(statement: Statement & { type: 'CallStatement' }, scope: Scope, output: Output): void {
  const { call, callerArgs, body } = statement;
  if (call.callee.type === 'Identifier' && call.callee.value === GENERATION) {
    if (output.isInner)
      throw new TemplateError('template: a generation block within a macro or another block is not supported');
    const wasGenerated = output.isGenerated;
    output.isGenerated = true;
    runBlock(body, new Scope(scope), output);
    output.isGenerated = wasGenerated;
    return;
  }
  const caller = macro('caller', callerArgs ?? [], body, scope);
  const { positional, named } = argumentsOf(call.args, scope);
  const given = { positional, named: new Map([...named, ['caller', caller]]) };
  output.write(textOf(callOf(evaluate(call.callee, scope), given)));
}

function evaluate(expression: Expression, scope: Scope): Value {
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

function argumentsOf(expressions: readonly Expression[], scope: Scope): Arguments {
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

function callOf(callee: Value, given: Arguments): Value {
  if (callee instanceof Undefined) callee.fail();
  if (!(callee instanceof Callable)) {
    throw new TemplateError(`an object of type '${pythonType(callee)}' cannot be called`);
  }
  return callee.call(given);
}

function filtered(value: Value, filter: Name | Call, scope: Scope): Value {
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
