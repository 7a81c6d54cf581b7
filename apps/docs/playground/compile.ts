import { parse, type ImportDeclaration, type Program } from 'acorn';

/** Something wrong in a program, and where. */
export class CodeError extends Error {
  /** Counted from 1; `undefined` where nobody knows. */
  readonly line: number | undefined;

  constructor(message: string, line: number | undefined) {
    super(message);
    this.name = 'CodeError';
    this.line = line;
  }
}

/** What a program may use. */
export interface Tools {
  /** A module, by the name that it is imported by. */
  readonly load: (name: string) => Promise<unknown>;
  readonly print: (...values: readonly unknown[]) => void;
  /** Adds the point (x, y) to the line `label`. Nobody has checked what a program gives. */
  readonly plot: (label: unknown, x: unknown, y: unknown) => void;
}

type Runnable = (load: Tools['load'], print: Tools['print'], plot: Tools['plot']) => Promise<void>;

/** By this name stack traces know the program. */
const NAME = 'playground.js';
/** Lines that engines put before the body of a function that is made of text. */
const HEADER = 2;

/**
 * A program, in JavaScript, as a function that can be run. Imports become calls of `load`, on their own lines, so that lines stay what they were.
 * @throws CodeError for what is no JavaScript, for exports, and for modules that are not among `modules`.
 */
export function compile(code: string, modules: readonly string[]): (tools: Tools) => Promise<void> {
  let body = code;
  // From the last to the first, so that places stay right.
  for (const statement of read(code).body.reverse()) {
    const line = statement.loc?.start.line;
    if (statement.type.startsWith('Export')) throw new CodeError('nothing can be exported from here', line);
    if (statement.type !== 'ImportDeclaration') continue;
    const name = String(statement.source.value);
    if (!modules.includes(name)) {
      throw new CodeError(`there is no module '${name}' here, but ${modules.join(', ')}`, line);
    }
    const lines = body.slice(statement.start, statement.end).split('\n').length - 1;
    const replacement = `${bindings(statement)}await load('${name}');${'\n'.repeat(lines)}`;
    body = body.slice(0, statement.start) + replacement + body.slice(statement.end);
  }
  const AsyncFunction = run.constructor as new (...parts: string[]) => Runnable;
  const made = new AsyncFunction('load', 'print', 'plot', `'use strict';${body}\n//# sourceURL=${NAME}`);
  return run;

  async function run({ load, print, plot }: Tools): Promise<void> {
    try {
      await made(load, print, plot);
    } catch (error) {
      throw located(error);
    }
  }
}

function read(code: string): Program {
  try {
    return parse(code, {
      ecmaVersion: 2024,
      sourceType: 'module',
      locations: true,
      allowAwaitOutsideFunction: true,
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const [, line] = /\((\d+):\d+\)$/.exec(error.message) ?? [];
    throw new CodeError(error.message.replace(/ \(\d+:\d+\)$/, ''), Number(line));
  }
}

/** `const { a, b: c } = `, as the import binds them; nothing where it binds nothing. */
function bindings({ specifiers, loc }: ImportDeclaration): string {
  const names = specifiers.map((specifier) => {
    if (specifier.type === 'ImportDefaultSpecifier') {
      throw new CodeError('these modules have no default export', loc?.start.line);
    }
    if (specifier.type === 'ImportNamespaceSpecifier') return specifier.local.name;
    const { imported, local } = specifier;
    const name = imported.type === 'Identifier' ? imported.name : JSON.stringify(imported.value);
    return `${name}: ${local.name}`;
  });
  if (names.length === 0) return '';
  const isNamespace = specifiers[0].type === 'ImportNamespaceSpecifier';
  return `const ${isNamespace ? names[0] : `{ ${names.join(', ')} }`} = `;
}

/** An error of a running program, with the line that its stack trace names. */
function located(error: unknown): CodeError {
  if (!(error instanceof Error)) return new CodeError(String(error), undefined);
  const [, line] = new RegExp(`${NAME}:(\\d+)`).exec(error.stack ?? '') ?? [];
  return new CodeError(`${error.name}: ${error.message}`, line === undefined ? undefined : Number(line) - HEADER);
}
