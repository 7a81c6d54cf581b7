import { optional, valueText, type OptionCheck } from '@gradus/tensor';
import {
  ChatTemplate,
  isMessages,
  isObjects,
  type ChatMessage,
  type RenderOptions,
} from '../templates/chat-template.ts';
import { TemplateError } from '../templates/python-values.ts';
import { DataError, type Row } from './rows.ts';

/** How conversations become texts. */
export interface ConversationOptions {
  /** What makes a text of messages. Rows of messages need it; default: none. */
  readonly template?: ChatTemplate;
  /** What the template is given besides messages and a row's `tools`. Default: nothing. */
  readonly templateOptions?: Pick<RenderOptions, 'date' | 'documents' | 'variables'>;
}

/** What each option must be; `ChatTemplate.render` checks its own. */
export const conversationChecks: { readonly [Name in keyof Required<ConversationOptions>]: OptionCheck } = {
  template: optional({ expected: 'a ChatTemplate', accepts: (value) => value instanceof ChatTemplate }),
  templateOptions: optional({
    expected: 'options of a template',
    accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  }),
};

/** Texts of a conversation: what was there, and what somebody went on with. */
interface Continuation {
  readonly prompt: string;
  readonly continuation: string;
}

/** The text of a conversation that is to be answered. */
export function promptOf(row: Row, name: string, options: ConversationOptions): string {
  return render(messagesAt(row, name), row, options, true);
}

/** The text of the messages of one column, and what those of another add to it. */
export function continuationOf(row: Row, prompt: string, name: string, options: ConversationOptions): Continuation {
  return continued(messagesAt(row, prompt), messagesAt(row, name), row, options);
}

/** The conversation before each answer of the assistant, and the answer. */
export function answersOf(row: Row, name: string, options: ConversationOptions): Continuation[] {
  const messages = messagesAt(row, name);
  const answers = messages.flatMap(({ role }, i) => (role === 'assistant' ? [i] : []));
  if (answers.length === 0) throw new DataError(`expected ${name} to have a message of the assistant`);
  return answers.map((i) => continued(messages.slice(0, i), messages.slice(i, i + 1), row, options));
}

/** With a column `prompt`: the messages that both answers begin with, which are left out of them; as TRL's `extract_prompt`. */
export function withPromptMessages(row: Row): Row {
  const [chosen, rejected] = [messagesAt(row, 'chosen'), messagesAt(row, 'rejected')];
  const shortest = Math.min(chosen.length, rejected.length);
  const different = chosen.findIndex((message, i) => i < shortest && !isSame(message, rejected[i]));
  const end = different === -1 ? shortest - 1 : different;
  if (end === 0) throw new DataError('expected chosen and rejected to begin with the same messages');
  return { ...row, prompt: chosen.slice(0, end), chosen: chosen.slice(end), rejected: rejected.slice(end) };
}

function isSame(a: ChatMessage, b: ChatMessage): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function continued(
  before: readonly ChatMessage[],
  after: readonly ChatMessage[],
  row: Row,
  options: ConversationOptions,
): Continuation {
  const prompt = before.length === 0 ? '' : render(before, row, options, true);
  const whole = render([...before, ...after], row, options, false);
  if (whole.startsWith(prompt)) return { prompt, continuation: whole.slice(prompt.length) };
  throw new DataError('the template does not go on with the text of the messages before where there are more');
}

function messagesAt(row: Row, name: string): readonly ChatMessage[] {
  const value = row[name];
  if (isMessages.accepts(value)) return value as readonly ChatMessage[];
  throw new DataError(`expected ${name} to be ${isMessages.expected}, got ${valueText(value)}`);
}

function render(
  messages: readonly ChatMessage[],
  { tools }: Row,
  { template, templateOptions }: ConversationOptions,
  addGenerationPrompt: boolean,
): string {
  if (template === undefined) throw new DataError('messages need a template; give the option template');
  try {
    const given = tools === undefined || tools === null ? {} : { tools: toolsOf(tools) };
    return template.render(messages, { ...templateOptions, ...given, addGenerationPrompt });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new DataError(`template: ${error.message}`, { cause: error });
  }
}

/** What the column `tools` has: a list of objects, or, since columns of files are of one type, the JSON of one (as TRL reads it). */
function toolsOf(column: unknown): readonly object[] {
  const tools = typeof column === 'string' ? parsed(column) : column;
  if (isObjects.accepts(tools)) return tools as readonly object[];
  throw new DataError(`expected tools to be ${isObjects.expected}, or the JSON of one, got ${valueText(column)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
