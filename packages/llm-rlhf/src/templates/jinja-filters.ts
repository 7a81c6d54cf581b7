import { capitalize, isAllCase, methodOf, replace, splitLines, strip } from './python-methods.ts';
import {
  bind,
  Callable,
  compare,
  contains,
  dictEntry,
  equal,
  isTrue,
  itemsOf,
  jsonText,
  lengthOf,
  numberOf,
  OneShot,
  PythonFloat,
  pythonType,
  TemplateError,
  textOf,
  Tuple,
  Undefined,
  wholeNumber,
  type Arguments,
  type Dict,
  type Value,
} from './python-values.ts';

type Filter = (value: Value, given: Arguments, name: string) => Value;
type Test = (value: Value, argument: Value | undefined, name: string) => boolean;

/** `value | name(…)`. @throws TemplateError for a filter that is not supported. */
export function applyFilter(value: Value, name: string, given: Arguments): Value {
  if (!Object.hasOwn(filters, name)) throw new TemplateError(`the filter '${name}' is not supported`);
  return filters[name](value, given, name);
}

/** `value is name`, or as `select` has it with an argument. @throws TemplateError for a test that is not supported. */
export function applyTest(value: Value, name: string, argument?: Value): boolean {
  if (!Object.hasOwn(tests, name)) throw new TemplateError(`the test '${name}' is not supported`);
  return tests[name](value, argument, name);
}

/** `object.name`: a method or attribute first, then an entry. */
export function attributeOf(object: Value, name: string): Value {
  if (object instanceof Undefined) object.fail();
  const method = methodOf(object, name);
  if (method !== undefined) return method;
  return entryOf(object, name) ?? new Undefined(`'${pythonType(object)}' object has no attribute '${name}', which`);
}

/** `object[key]`: an entry first, then an attribute. */
export function itemAt(object: Value, key: Value): Value {
  if (object instanceof Undefined) object.fail();
  const found = entryOf(object, key) ?? (typeof key === 'string' ? methodOf(object, key) : undefined);
  return found ?? new Undefined(`'${pythonType(object)}' object has no element ${describe(key)}, which`);
}

function describe(key: Value): string {
  return typeof key === 'string' ? `'${key}'` : textOf(key);
}

function entryOf(object: Value, key: Value): Value | undefined {
  if (object instanceof Map) return dictEntry(object as Dict, key);
  if (typeof object === 'object' && object !== null && 'attributes' in object) {
    return typeof key === 'string' ? object.attributes.get(key) : undefined;
  }
  const at = numberOf(key);
  const isSequence = typeof object === 'string' || Array.isArray(object) || object instanceof Tuple;
  const isRange = typeof object === 'object' && object !== null && 'kind' in object && object.kind === 'range';
  if (at === undefined || key instanceof PythonFloat || !(isSequence || isRange)) return undefined;
  return itemsOf(object).at(at);
}

/** An item's attribute by a path, `a.b.0`, as `map` and `selectattr` take it. */
function atPath(item: Value, path: Value): Value {
  const parts: Value[] =
    typeof path === 'string' ? path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part)) : [path];
  return parts.reduce(itemAt, item);
}

function asText(name: string, value: Value): string {
  if (typeof value === 'string') return value;
  throw new TemplateError(`${name}: expected a text, got '${pythonType(value)}'`);
}

function asFlag(name: string, value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw new TemplateError(`${name}: expected true or false, got '${pythonType(value)}'`);
}

const lowered = (value: Value): Value => (typeof value === 'string' ? value.toLowerCase() : value);

/** A filter of the value's text alone. */
function ofText(apply: (text: string) => Value): Filter {
  return (value, given, name) => {
    bind(name, [], given);
    return apply(textOf(value));
  };
}

/** What a filter that selects asks of each item: the test of that name, or whether it is true. */
function condition(positional: readonly Value[], name: string): (value: Value) => boolean {
  if (positional.length === 0) return isTrue;
  const [test, argument, ...rest] = positional;
  if (rest.length > 0) throw new TemplateError(`${name}: expected a test with at most one argument`);
  return (value) => applyTest(value, asText(name, test), argument);
}

function withoutNamed(name: string, { named }: Arguments): void {
  if (named.size > 0)
    throw new TemplateError(`${name}: the argument '${Array.from(named.keys())[0]}' is not supported`);
}

function selects(isWanted: boolean): Filter {
  return (value, given, name) => {
    withoutNamed(name, given);
    const isSelected = condition(given.positional, name);
    return new OneShot(itemsOf(value).filter((item) => isSelected(item) === isWanted));
  };
}

function selectsByAttribute(isWanted: boolean): Filter {
  return (value, given, name) => {
    withoutNamed(name, given);
    const [path, ...test] = given.positional;
    if (path === undefined) throw new TemplateError(`${name}: expected an attribute`);
    const isSelected = condition(test, name);
    return new OneShot(itemsOf(value).filter((item) => isSelected(atPath(item, path)) === isWanted));
  };
}

const map: Filter = (value, given, name) => {
  const items = itemsOf(value);
  if (given.named.has('attribute')) {
    const { attribute, default: other } = bind(name, ['attribute', 'default'], given, { default: null });
    return new OneShot(
      items.map((item) => {
        const found = atPath(item, attribute);
        return found instanceof Undefined && given.named.has('default') ? other : found;
      }),
    );
  }
  const [filter, ...positional] = given.positional;
  if (filter === undefined) throw new TemplateError(`${name}: expected a filter or an attribute`);
  return new OneShot(items.map((item) => applyFilter(item, asText(name, filter), { positional, named: given.named })));
};

function sorted(items: readonly Value[], keyOf: (item: Value) => Value, isReversed: boolean): Value[] {
  const order = (a: Value, b: Value): number => compare(keyOf(a), keyOf(b));
  return [...items].sort(isReversed ? (a, b) => order(b, a) : order);
}

const sort: Filter = (value, given, name) => {
  const defaults = { reverse: false, case_sensitive: false, attribute: null };
  const options = bind(name, ['reverse', 'case_sensitive', 'attribute'], given, defaults);
  const isExact = asFlag(name, options.case_sensitive);
  const keyOf = (item: Value): Value => {
    const key = options.attribute === null ? item : atPath(item, options.attribute);
    return isExact ? key : lowered(key);
  };
  return sorted(itemsOf(value), keyOf, asFlag(name, options.reverse));
};

const dictsort: Filter = (value, given, name) => {
  const defaults = { case_sensitive: false, by: 'key', reverse: false };
  const options = bind(name, ['case_sensitive', 'by', 'reverse'], given, defaults);
  if (!(value instanceof Map)) throw new TemplateError(`${name}: expected a dict, got '${pythonType(value)}'`);
  if (options.by !== 'key' && options.by !== 'value')
    throw new TemplateError(`${name}: expected by to be key or value`);
  const at = options.by === 'key' ? 0 : 1;
  const isExact = asFlag(name, options.case_sensitive);
  const pairs = Array.from(value as Dict, (pair) => new Tuple(pair));
  const keyOf = (pair: Value): Value => (isExact ? itemsOf(pair)[at] : lowered(itemsOf(pair)[at]));
  return sorted(pairs, keyOf, asFlag(name, options.reverse));
};

const tojson: Filter = (value, given, name) => {
  const defaults = { ensure_ascii: false, indent: null, separators: null, sort_keys: false };
  const options = bind(name, ['ensure_ascii', 'indent', 'separators', 'sort_keys'], given, defaults);
  const indent = typeof options.indent === 'number' ? ' '.repeat(Math.max(0, options.indent)) : options.indent;
  if (indent !== null && typeof indent !== 'string') {
    throw new TemplateError(`${name}: expected indent to be an integer or a text, got '${pythonType(indent)}'`);
  }
  const usual = [indent === null ? ', ' : ',', ': '];
  const [item, key, ...rest] = options.separators === null ? usual : itemsOf(options.separators);
  if (typeof item !== 'string' || typeof key !== 'string' || rest.length > 0) {
    throw new TemplateError(`${name}: expected separators to be two texts`);
  }
  return jsonText(value, {
    isAscii: isTrue(options.ensure_ascii),
    indent,
    separators: [item, key],
    sortKeys: isTrue(options.sort_keys),
  });
};

const indent: Filter = (value, given, name) => {
  const { width, first, blank } = bind(name, ['width', 'first', 'blank'], given, {
    width: 4,
    first: false,
    blank: false,
  });
  const before = typeof width === 'number' ? ' '.repeat(Math.max(0, width)) : asText(name, width);
  // Jinja adds a line break first, so that a text that ends with one keeps it.
  const lines = splitLines(`${textOf(value)}\n`);
  const indented = lines.map((line, i) => (i === 0 || (line === '' && !isTrue(blank)) ? line : before + line));
  return (isTrue(first) ? before : '') + indented.join('\n');
};

const toInteger: Filter = (value, given, name) => {
  const { default: other } = bind(name, ['default'], given, { default: 0 });
  const text = typeof value === 'string' ? strip(value, null, { left: true, right: true }) : undefined;
  const isNumber = text === undefined || /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  const number = text === undefined ? numberOf(value) : Number(text);
  if (!isNumber || number === undefined || !Number.isFinite(number)) return other;
  return wholeNumber(Math.trunc(number), name);
};

const toFloat: Filter = (value, given, name) => {
  const { default: other } = bind(name, ['default'], given, { default: new PythonFloat(0) });
  const text = typeof value === 'string' ? strip(value, null, { left: true, right: true }) : undefined;
  const isNumber = text === undefined || /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  const number = text === undefined ? numberOf(value) : Number(text);
  return isNumber && number !== undefined ? new PythonFloat(number) : other;
};

const withDefault: Filter = (value, given, name) => {
  const defaults = { default_value: '', boolean: false };
  const { default_value: other, boolean } = bind(name, ['default_value', 'boolean'], given, defaults);
  return value instanceof Undefined || (isTrue(boolean) && !isTrue(value)) ? other : value;
};

const length: Filter = (value, given, name) => {
  bind(name, [], given);
  return lengthOf(value);
};

const filters: Readonly<Record<string, Filter>> = {
  abs: (value, given, name) => {
    bind(name, [], given);
    const number = numberOf(value);
    if (number === undefined) throw new TemplateError(`${name}: expected a number, got '${pythonType(value)}'`);
    return value instanceof PythonFloat ? new PythonFloat(Math.abs(number)) : Math.abs(number);
  },
  capitalize: ofText(capitalize),
  count: length,
  d: withDefault,
  default: withDefault,
  dictsort,
  first: (value, given, name) => {
    bind(name, [], given);
    const first = value instanceof OneShot ? value.takeFirst() : itemsOf(value).at(0);
    return first ?? new Undefined('the first of no items');
  },
  float: toFloat,
  indent,
  int: toInteger,
  items: (value, given, name) => {
    bind(name, [], given);
    if (value instanceof Undefined) return new OneShot([]);
    if (!(value instanceof Map)) throw new TemplateError(`${name}: expected a dict, got '${pythonType(value)}'`);
    return new OneShot(Array.from(value as Dict, (pair) => new Tuple(pair)));
  },
  join: (value, given, name) => {
    const { d, attribute } = bind(name, ['d', 'attribute'], given, { d: '', attribute: null });
    const items = itemsOf(value).map((item) => (attribute === null ? item : atPath(item, attribute)));
    return items.map(textOf).join(textOf(d));
  },
  last: (value, given, name) => {
    bind(name, [], given);
    if (value instanceof OneShot) throw new TemplateError(`${name}: a generator has no last item`);
    return itemsOf(value).at(-1) ?? new Undefined('the last of no items');
  },
  length,
  list: (value, given, name) => {
    bind(name, [], given);
    return [...itemsOf(value)];
  },
  lower: ofText((text) => text.toLowerCase()),
  map,
  reject: selects(false),
  rejectattr: selectsByAttribute(false),
  replace: (value, given, name) => {
    const { old, new: replacement, count } = bind(name, ['old', 'new', 'count'], given, { count: null });
    return replace(textOf(value), old, replacement, count);
  },
  reverse: (value, given, name) => {
    bind(name, [], given);
    if (typeof value === 'string') return Array.from(value).reverse().join('');
    return new OneShot([...itemsOf(value)].reverse());
  },
  safe: ofText((text) => text),
  select: selects(true),
  selectattr: selectsByAttribute(true),
  sort,
  string: ofText((text) => text),
  title: ofText((text) =>
    // Unlike the method, by what stands between words.
    text
      .split(/([-\s({[<]+)/u)
      .map(capitalize)
      .join(''),
  ),
  tojson,
  trim: (value, given, name) => {
    const { chars } = bind(name, ['chars'], given, { chars: null });
    return strip(textOf(value), chars, { left: true, right: true });
  },
  unique: (value, given, name) => {
    const { case_sensitive: isExact } = bind(name, ['case_sensitive'], given, { case_sensitive: false });
    const keyOf = (item: Value): Value => (isTrue(isExact) ? item : lowered(item));
    const items = itemsOf(value);
    return new OneShot(items.filter((item, i) => items.findIndex((other) => equal(keyOf(other), keyOf(item))) === i));
  },
  upper: ofText((text) => text.toUpperCase()),
};

/** A test of the value alone. */
function alone(accepts: (value: Value) => boolean): Test {
  return (value, argument, name) => {
    if (argument !== undefined) throw new TemplateError(`the test '${name}' takes no argument`);
    return accepts(value);
  };
}

function against(accepts: (value: Value, argument: Value) => boolean): Test {
  return (value, argument, name) => {
    if (argument === undefined) throw new TemplateError(`the test '${name}' needs an argument`);
    return accepts(value, argument);
  };
}

function remainder(value: Value, divisor: Value, name: string): number {
  const [number, by] = [numberOf(value), numberOf(divisor)];
  if (number === undefined || by === undefined || by === 0) {
    throw new TemplateError(`the test '${name}' needs numbers, got '${pythonType(value)}'`);
  }
  return number % by;
}

const isInteger = (value: Value): boolean => typeof value === 'number';
const isFloat = (value: Value): boolean => value instanceof PythonFloat;
const isEqual = against(equal);
const isUnequal = against((value, argument) => !equal(value, argument));
const isLess = against((value, argument) => compare(value, argument) < 0);
const isAtMost = against((value, argument) => compare(value, argument) <= 0);
const isGreater = against((value, argument) => compare(value, argument) > 0);
const isAtLeast = against((value, argument) => compare(value, argument) >= 0);

const tests: Readonly<Record<string, Test>> = {
  boolean: alone((value) => typeof value === 'boolean'),
  callable: alone((value) => value instanceof Callable),
  defined: alone((value) => !(value instanceof Undefined)),
  divisibleby: (value, argument, name) => remainder(value, argument ?? null, name) === 0,
  even: alone((value) => remainder(value, 2, 'even') === 0),
  false: alone((value) => value === false),
  float: alone(isFloat),
  in: against((value, argument) => contains(argument, value)),
  integer: alone(isInteger),
  iterable: alone((value) => {
    const type = pythonType(value);
    return !['int', 'float', 'bool', 'NoneType', 'function', 'namespace'].includes(type);
  }),
  lower: alone((value) => isAllCase(textOf(value), (text) => text.toLowerCase())),
  mapping: alone((value) => value instanceof Map),
  none: alone((value) => value === null),
  number: alone((value) => numberOf(value) !== undefined),
  odd: alone((value) => Math.abs(remainder(value, 2, 'odd')) === 1),
  sequence: alone((value) => ['str', 'list', 'tuple', 'dict', 'range', 'Undefined'].includes(pythonType(value))),
  string: alone((value) => typeof value === 'string'),
  true: alone((value) => value === true),
  undefined: alone((value) => value instanceof Undefined),
  upper: alone((value) => isAllCase(textOf(value), (text) => text.toUpperCase())),
  '==': isEqual,
  eq: isEqual,
  equalto: isEqual,
  '!=': isUnequal,
  ne: isUnequal,
  '<': isLess,
  lt: isLess,
  lessthan: isLess,
  '<=': isAtMost,
  le: isAtMost,
  '>': isGreater,
  gt: isGreater,
  greaterthan: isGreater,
  '>=': isAtLeast,
  ge: isAtLeast,
};
