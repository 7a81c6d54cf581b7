import * as jinja from '@huggingface/jinja';
import { TemplateError } from './python-values.ts';

/** A part of a template that is carried out. */
export type Statement =
  | { readonly type: 'If'; readonly test: Expression; readonly body: Statement[]; readonly alternate: Statement[] }
  | {
      readonly type: 'For';
      readonly loopvar: Expression;
      readonly iterable: Expression;
      readonly body: Statement[];
      readonly defaultBlock: Statement[];
    }
  | { readonly type: 'Break' | 'Continue' | 'Comment' }
  | {
      readonly type: 'Set';
      readonly assignee: Expression;
      readonly value: Expression | null;
      readonly body: Statement[];
    }
  | { readonly type: 'Macro'; readonly name: Name; readonly args: Expression[]; readonly body: Statement[] }
  | {
      readonly type: 'CallStatement';
      readonly call: Call;
      readonly callerArgs: Expression[] | null;
      readonly body: Statement[];
    }
  | { readonly type: 'FilterStatement'; readonly filter: Name | Call; readonly body: Statement[] }
  | Expression;

/** A name that stands for a value. */
export interface Name {
  readonly type: 'Identifier';
  readonly value: string;
}

/** A call of a function, or of a filter with arguments. */
export interface Call {
  readonly type: 'CallExpression';
  readonly callee: Expression;
  readonly args: Expression[];
}

/** `[start:stop:step]`. */
interface Slice {
  readonly type: 'SliceExpression';
  readonly start?: Expression;
  readonly stop?: Expression;
  readonly step?: Expression;
}

/** A part of a template that has a value. */
export type Expression =
  | Name
  | Call
  | Slice
  | { readonly type: 'StringLiteral'; readonly value: string }
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: Expression[] }
  | { readonly type: 'ObjectLiteral'; readonly value: Map<Expression, Expression> }
  | {
      readonly type: 'MemberExpression';
      readonly object: Expression;
      readonly property: Expression;
      readonly computed: boolean;
    }
  | {
      readonly type: 'BinaryExpression';
      readonly operator: { readonly value: string };
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'UnaryExpression'; readonly operator: { readonly value: string }; readonly argument: Expression }
  | { readonly type: 'FilterExpression'; readonly operand: Expression; readonly filter: Name | Call }
  | { readonly type: 'TestExpression'; readonly operand: Expression; readonly negate: boolean; readonly test: Name }
  | { readonly type: 'SelectExpression'; readonly lhs: Expression; readonly test: Expression }
  | {
      readonly type: 'Ternary';
      readonly condition: Expression;
      readonly trueExpr: Expression;
      readonly falseExpr: Expression;
    }
  | { readonly type: 'KeywordArgumentExpression'; readonly key: Name; readonly value: Expression }
  | { readonly type: 'SpreadExpression' | 'KeywordSpreadExpression'; readonly argument: Expression };

/** Its own types name files that TypeScript does not find. */
const { tokenize, parse } = jinja as unknown as {
  readonly tokenize: (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => readonly Token[];
  readonly parse: (tokens: readonly Token[]) => { readonly body: readonly Statement[] };
};

interface Token {
  readonly type: string;
  readonly value: string;
}

/** The name that stands for transformers' `{% generation %}` blocks, which become calls. */
export const GENERATION = 'generation';

/** Whether a template marks what the assistant writes. */
export function marksGeneration(source: string): boolean {
  return generationTags.test(source);
}

const generationTags = /\{%([-+]?)\s*generation\s*([-+]?)%\}/;

/**
 * The parts of a template, by the parser of `@huggingface/jinja`, in the form that transformers has Jinja read it: blocks trimmed, line breaks normalized.
 * @throws TemplateError for what cannot be read.
 */
export function parseTemplate(source: string): readonly Statement[] {
  const normal = source
    .replace(/\r\n?/g, '\n')
    .replace(new RegExp(generationTags, 'g'), `{%$1 call ${GENERATION}() $2%}`)
    .replace(/\{%([-+]?)\s*endgeneration\s*([-+]?)%\}/g, '{%$1 endcall $2%}');
  const unsupported = /\{%\+|\+%\}|\{%-?\s*raw\b/.exec(normal);
  if (unsupported !== null) throw new TemplateError(`template: '${unsupported[0]}' is not supported`);
  try {
    const tokens = tokenize(normal, { lstrip_blocks: true, trim_blocks: true });
    refuseChains(tokens);
    return parse(tokens).body;
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    // Where it runs behind the end of the template, too.
    throw new TemplateError(`template: ${(error as Error).message}`, { cause: error });
  }
}

const opening = ['OpenParen', 'OpenSquareBracket', 'OpenCurlyBracket', 'OpenExpression', 'OpenStatement'];
const closing = ['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket', 'CloseExpression', 'CloseStatement'];

/** Throws for `a < b < c`, which Python reads as `a < b and b < c`, and the parser as `(a < b) < c`. */
function refuseChains(tokens: readonly Token[]): void {
  /** Whether a comparison has begun, in each bracket that is open. */
  const begun: boolean[] = [];
  let isLoop = false;
  for (const [i, { type, value }] of tokens.entries()) {
    const isName = type === 'Identifier' && tokens[i - 1]?.type !== 'Dot';
    if (opening.includes(type)) begun.push(false);
    else if (closing.includes(type)) begun.pop();
    else if (isName && value === 'for') isLoop = true;
    else if (isName && value === 'in' && isLoop) isLoop = false;
    else if (type === 'ComparisonBinaryOperator' || (isName && value === 'in')) {
      if (begun.at(-1) === true)
        throw new TemplateError(`template: comparisons in a row ('${value}') are not supported`);
      begun[begun.length - 1] = true;
    } else if (['Comma', 'Colon', 'Equals'].includes(type) || (isName && ['and', 'or', 'if', 'else'].includes(value))) {
      begun[begun.length - 1] = false;
    }
  }
}
