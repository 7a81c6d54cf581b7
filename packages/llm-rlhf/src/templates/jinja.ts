import { argumentsOf, callOf, entriesOf, evaluate, filtered, Scope } from './jinja-expressions.ts';
import { GENERATION, type Expression, type Name, type Statement } from './jinja-syntax.ts';
import {
  bind,
  Callable,
  isTrue,
  itemsOf,
  Namespace,
  pythonType,
  TemplateError,
  textOf,
  Undefined,
  View,
  type Arguments,
  type Value,
} from './python-values.ts';

/** A part of what a template writes. */
export interface RenderedPart {
  readonly text: string;
  /** Whether it stood in a `{% generation %}` block. */
  readonly isGenerated: boolean;
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
