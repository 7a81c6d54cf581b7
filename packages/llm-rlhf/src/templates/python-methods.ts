import {
  bind,
  Callable,
  dictEntry,
  itemsOf,
  pythonType,
  TemplateError,
  Tuple,
  View,
  type Arguments,
  type Dict,
  type Value,
} from './python-values.ts';

type Method<Self> = (self: Self, given: Arguments, name: string) => Value;

/** str.isspace, where JavaScript's `\s` has U+FEFF and lacks U+001C to U+001F and U+0085. */
const space = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const breaks = '\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029';
const lineBreaks = new RegExp(`\\r\\n|[${breaks}]`, 'u');
const spaces = new RegExp(`[${space}]+`, 'gu');
const spacesAtStart = new RegExp(`^[${space}]+`, 'u');
const isSpaces = new RegExp(`^[${space}]*$`, 'u');

/** text.strip(characters), at the sides that are asked for. */
export function strip(
  text: string,
  characters: Value,
  sides: { readonly left: boolean; readonly right: boolean },
): string {
  if (characters !== null && typeof characters !== 'string') {
    throw new TemplateError(`strip: expected characters or None, got '${pythonType(characters)}'`);
  }
  const all = Array.from(text);
  const set = characters === null ? undefined : new Set(characters);
  const isStripped = (character: string): boolean => set?.has(character) ?? isSpaces.test(character);
  let [start, end] = [0, all.length];
  while (sides.left && start < end && isStripped(all[start])) start++;
  while (sides.right && end > start && isStripped(all[end - 1])) end--;
  return all.slice(start, end).join('');
}

/** text.splitlines(). */
export function splitLines(text: string): string[] {
  const lines = text.split(lineBreaks);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** text.capitalize(). */
export function capitalize(text: string): string {
  const [first = '', ...rest] = Array.from(text);
  return titleCase(first) + rest.join('').toLowerCase();
}

/** One character's capital, of which only the first letter is one ('Ss' of 'ß'). */
function titleCase(character: string): string {
  const [first = '', ...rest] = Array.from(character.toUpperCase());
  return first + rest.join('').toLowerCase();
}

/** text.replace(old, new, count). */
export function replace(text: string, old: Value, replacement: Value, count: Value): string {
  if (typeof old !== 'string' || typeof replacement !== 'string') {
    throw new TemplateError(`replace: expected texts, got '${pythonType(old)}' and '${pythonType(replacement)}'`);
  }
  if (count !== null && typeof count !== 'number') {
    throw new TemplateError(`replace: expected count to be an integer, got '${pythonType(count)}'`);
  }
  const limit = count === null || count < 0 ? Infinity : count;
  const parts = old === '' ? ['', ...Array.from(text), ''] : text.split(old);
  return parts.reduce((sum, part, i) => sum + (i <= limit ? replacement : old) + part);
}

function split(text: string, given: Arguments, name: string): Value {
  const { sep, maxsplit } = bind(name, ['sep', 'maxsplit'], given, { sep: null, maxsplit: -1 });
  if (typeof maxsplit !== 'number') throw new TemplateError(`${name}: expected maxsplit to be an integer`);
  const limit = maxsplit < 0 ? Infinity : maxsplit;
  if (sep === null) {
    const words: string[] = [];
    let rest = text.replace(spacesAtStart, '');
    while (rest !== '' && words.length < limit) {
      const [word] = rest.split(spaces, 1);
      words.push(word);
      rest = rest.slice(word.length).replace(spacesAtStart, '');
    }
    return rest === '' ? words : [...words, rest];
  }
  if (typeof sep !== 'string' || sep === '')
    throw new TemplateError(`${name}: expected sep to be a text that is not empty`);
  const parts = text.split(sep);
  return parts.length - 1 <= limit ? parts : [...parts.slice(0, limit), parts.slice(limit).join(sep)];
}

function rsplit(text: string, given: Arguments, name: string): Value {
  const { sep, maxsplit } = bind(name, ['sep', 'maxsplit'], given, { sep: null, maxsplit: -1 });
  if (typeof sep !== 'string' || sep === '' || typeof maxsplit !== 'number') {
    throw new TemplateError(`${name}: only a text as sep is supported, and an integer as maxsplit`);
  }
  const parts = text.split(sep);
  const kept = maxsplit < 0 ? parts.length : Math.min(maxsplit, parts.length - 1);
  const first = parts.length - kept;
  return first <= 0 ? parts : [parts.slice(0, first).join(sep), ...parts.slice(first)];
}

/** Whether a text begins, or ends, with one of some. */
function affix(isAt: (text: string, part: string) => boolean): Method<string> {
  return (text, given, name) => {
    const { part } = bind(name, ['part'], given);
    return (part instanceof Tuple ? part.items : [part]).some((each) => {
      if (typeof each !== 'string') throw new TemplateError(`${name}: expected a text or a tuple of them`);
      return isAt(text, each);
    });
  };
}

function stripMethod(sides: { readonly left: boolean; readonly right: boolean }): Method<string> {
  return (text, given, name) => strip(text, bind(name, ['chars'], given, { chars: null }).chars, sides);
}

function withoutArguments(apply: (text: string) => Value): Method<string> {
  return (text, given, name) => {
    bind(name, [], given);
    return apply(text);
  };
}

function textArgument(apply: (text: string, argument: string) => Value): Method<string> {
  return (text, given, name) => {
    const { argument } = bind(name, ['argument'], given);
    if (typeof argument !== 'string')
      throw new TemplateError(`${name}: expected a text, got '${pythonType(argument)}'`);
    return apply(text, argument);
  };
}

/** Whether all characters, of at least one, are of a kind. */
function allOf(pattern: RegExp): Method<string> {
  return withoutArguments((text) => pattern.test(text));
}

const textMethods: Readonly<Record<string, Method<string>>> = {
  strip: stripMethod({ left: true, right: true }),
  lstrip: stripMethod({ left: true, right: false }),
  rstrip: stripMethod({ left: false, right: true }),
  upper: withoutArguments((text) => text.toUpperCase()),
  lower: withoutArguments((text) => text.toLowerCase()),
  capitalize: withoutArguments(capitalize),
  title: withoutArguments((text) =>
    text.replace(/\p{Cased}+/gu, (run) => {
      const [first, ...rest] = Array.from(run);
      return titleCase(first) + rest.join('').toLowerCase();
    }),
  ),
  split,
  rsplit,
  splitlines: withoutArguments(splitLines),
  startswith: affix((text, part) => text.startsWith(part)),
  endswith: affix((text, part) => text.endsWith(part)),
  replace: (text, given, name) => {
    const { old, new: replacement, count } = bind(name, ['old', 'new', 'count'], given, { count: -1 });
    return replace(text, old, replacement, count);
  },
  removeprefix: textArgument((text, part) => (text.startsWith(part) ? text.slice(part.length) : text)),
  removesuffix: textArgument((text, part) => (part !== '' && text.endsWith(part) ? text.slice(0, -part.length) : text)),
  find: textArgument((text, part) => {
    const at = text.indexOf(part);
    return at === -1 ? -1 : Array.from(text.slice(0, at)).length;
  }),
  count: textArgument((text, part) => (part === '' ? Array.from(text).length + 1 : text.split(part).length - 1)),
  join: (text, given, name) => {
    const parts = itemsOf(bind(name, ['iterable'], given).iterable).map((part) => {
      if (typeof part !== 'string') throw new TemplateError(`${name}: expected texts, got '${pythonType(part)}'`);
      return part;
    });
    return parts.join(text);
  },
  isspace: withoutArguments((text) => text !== '' && isSpaces.test(text)),
  isalpha: allOf(/^\p{L}+$/u),
  isdecimal: allOf(/^\p{Nd}+$/u),
};

const dictMethods: Readonly<Record<string, Method<Dict>>> = {
  get: (dict, given, name) => {
    const { key, default: other } = bind(name, ['key', 'default'], given, { default: null });
    return dictEntry(dict, key) ?? other;
  },
  keys: (dict, given, name) => {
    bind(name, [], given);
    return new View('dict_keys', Array.from(dict.keys()));
  },
  values: (dict, given, name) => {
    bind(name, [], given);
    return new View('dict_values', Array.from(dict.values()));
  },
  items: (dict, given, name) => {
    bind(name, [], given);
    return new View(
      'dict_items',
      Array.from(dict, (pair) => new Tuple(pair)),
    );
  },
};

/** What Python has and is not built. */
const unsupported: Readonly<Record<string, readonly string[]>> = {
  str: (
    'casefold center encode expandtabs format format_map index isalnum isascii isdigit isidentifier islower isnumeric isprintable istitle isupper ljust ' +
    'maketrans partition rfind rindex rjust rpartition swapcase translate zfill'
  ).split(' '),
  dict: 'clear copy fromkeys pop popitem setdefault update'.split(' '),
  list: 'append clear copy count extend index insert pop remove reverse sort'.split(' '),
  tuple: ['count', 'index'],
};

/** The method of that name; undefined where Python has none either. @throws TemplateError for one that is not supported. */
export function methodOf(value: Value, name: string): Callable | undefined {
  const type = pythonType(value);
  const bound = <Self extends Value>(self: Self, methods: Readonly<Record<string, Method<Self>>>) =>
    Object.hasOwn(methods, name)
      ? new Callable(name, (given) => methods[name](self, given, `${type}.${name}`))
      : undefined;
  const method =
    typeof value === 'string'
      ? bound(value, textMethods)
      : value instanceof Map
        ? bound(value as Dict, dictMethods)
        : undefined;
  if (method === undefined && Object.hasOwn(unsupported, type) && unsupported[type].includes(name)) {
    throw new TemplateError(`the method '${name}' of an object of type '${type}' is not supported`);
  }
  return method;
}

/** Whether a text has letters with two cases, all of one. */
export function isAllCase(value: string, convert: (text: string) => string): boolean {
  return /\p{Cased}/u.test(value) && convert(value) === value;
}
