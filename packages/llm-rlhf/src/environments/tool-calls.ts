import { checkArguments, optional, valueText, type OptionCheck } from '@gradus/tensor';
import { aText } from '../checks.ts';
import { isRecord, type Row } from '../data/rows.ts';
import type { TextEncoding } from '../data/text-encoding.ts';
import type { TextEnvironment, Tool } from './text-environment.ts';

/** How calls and their results stand in texts. A call is JSON between two marks: `<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>`. */
export interface ToolFormat {
  /** Default `<tool_call>`. */
  readonly callStart: string;
  /** Default `</tool_call>`. */
  readonly callEnd: string;
  /** Before each result. Default `<tool_response>`. */
  readonly resultStart: string;
  /** Behind each result. Default `</tool_response>`. */
  readonly resultEnd: string;
  /** Behind all results, before the model's next turn: what begins an answer in the model's chat template. Default nothing. */
  readonly turnStart: string;
}

/** Those of Qwen 2.5 and Hermes. */
export const usualFormat: ToolFormat = {
  callStart: '<tool_call>',
  callEnd: '</tool_call>',
  resultStart: '<tool_response>',
  resultEnd: '</tool_response>',
  turnStart: '',
};

const notEmpty: OptionCheck = {
  expected: 'a text that is not empty',
  accepts: (value) => typeof value === 'string' && value !== '',
};

/** A format, of which `formatChecks` say what its parts must be. */
export const aFormat: OptionCheck = {
  expected: 'a format of calls',
  accepts: (value) => typeof value === 'object' && value !== null,
};

/** What each part of a format must be. */
export const formatChecks: { readonly [Name in keyof ToolFormat]: OptionCheck } = {
  callStart: optional(notEmpty),
  callEnd: optional(notEmpty),
  resultStart: optional(aText),
  resultEnd: optional(aText),
  turnStart: optional(aText),
};

/** What stands between the marks of calls in a text, in their order; `undefined` for a last one that does not end. */
export function callsIn(text: string, { callStart, callEnd }: ToolFormat): (string | undefined)[] {
  const calls: (string | undefined)[] = [];
  for (let at = text.indexOf(callStart); at !== -1; at = text.indexOf(callStart, at)) {
    const start = at + callStart.length;
    const end = text.indexOf(callEnd, start);
    if (end === -1) return [...calls, undefined];
    calls.push(text.slice(start, end));
    at = end + callEnd.length;
  }
  return calls;
}

/**
 * The tokens of what the model reads before its first turn. @throws RangeError, beginning with `subject`, where `reset` returns no text.
 */
export async function promptTokensOf(
  subject: string,
  environment: TextEnvironment,
  row: Row,
  tokenizer: TextEncoding,
): Promise<number[]> {
  const begun: unknown = await environment.reset(row);
  checkArguments(subject, { 'what reset returns': begun }, { 'what reset returns': aText });
  return Array.from(tokenizer.encode(begun as string));
}

/** What a call comes to. */
interface CallResult {
  /** The tool's result, or what was wrong. */
  readonly text: string;
  readonly failed: boolean;
}

/** Has a call answered. */
export async function resultOf(call: string | undefined, { tools = {} }: TextEnvironment): Promise<CallResult> {
  try {
    const { tool, given } = readCall(call, tools);
    const result = await tool(given);
    // JSON has nothing for functions and symbols.
    const json = (): string => JSON.stringify(result) ?? 'null';
    return { text: typeof result === 'string' ? result : json(), failed: false };
  } catch (error) {
    return { text: `error: ${error instanceof Error ? error.message : String(error)}`, failed: true };
  }
}

/** The results of a turn's calls as the model reads them, and what begins its next turn. Marks of special tokens in results are text like any other. */
export function resultTokens(
  results: readonly string[],
  tokenizer: TextEncoding,
  { resultStart, resultEnd, turnStart }: ToolFormat,
): number[] {
  const encode = (text: string, addedTokens = true): number[] => Array.from(tokenizer.encode(text, { addedTokens }));
  const told = results.flatMap((result) => [...encode(resultStart), ...encode(result, false), ...encode(resultEnd)]);
  return [...told, ...encode(turnStart)];
}

function readCall(
  call: string | undefined,
  tools: Readonly<Record<string, Tool>>,
): { readonly tool: Tool; readonly given: Readonly<Record<string, unknown>> } {
  if (call === undefined) throw new Error('the call does not end');
  let json: unknown;
  try {
    json = JSON.parse(call);
  } catch (error) {
    // The engine's own words differ from one to the next, and are to be the same for every model that is trained on them.
    throw new Error('the call is no JSON', { cause: error });
  }
  if (!isRecord(json)) throw new Error(`expected a call to be an object, got ${valueText(json)}`);
  const { name, arguments: given = {} } = json;
  if (typeof name !== 'string' || !Object.hasOwn(tools, name)) {
    throw new Error(`there is no tool ${valueText(name)}, only ${Object.keys(tools).join(', ') || 'none'}`);
  }
  if (!isRecord(given)) throw new Error(`expected arguments to be an object, got ${valueText(given)}`);
  return { tool: tools[name], given };
}
