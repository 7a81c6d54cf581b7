import { checkArguments, checkOptions, flag, optional, valueText, type OptionCheck } from '@gradus/tensor';
import { aText } from '../checks.ts';
import { render, type RenderedPart } from './jinja.ts';
import { marksGeneration, parseTemplate, type Statement } from './jinja-syntax.ts';
import { bind, Callable, TemplateError, textOf, toValue, type Value } from './python-values.ts';
import { strftime } from './strftime.ts';

/** A message of a conversation: a role, mostly a content, and whatever else the template knows, such as `tool_calls`. */
export interface ChatMessage {
  readonly role: string;
  readonly [field: string]: unknown;
}

/** How a conversation is rendered. */
export interface RenderOptions {
  /** Whether what begins an answer follows. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** Whether the text ends where the last message does, for the model to go on with it. Default false. */
  readonly continueFinalMessage?: boolean;
  /** Descriptions of tools as JSON schemas, as the template wants them. Default: none. */
  readonly tools?: readonly object[];
  /** Documents, as the template wants them. Default: none. */
  readonly documents?: readonly object[];
  /** What `strftime_now` tells, in UTC. A template that asks for it throws where it is not given. */
  readonly date?: Date;
  /** Other variables of the template by their names, such as `enable_thinking`. Default: none. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** A part of a rendered conversation, written by the assistant or not. */
export interface ChatPart {
  readonly text: string;
  readonly isAssistant: boolean;
}

const isMessage = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as Partial<ChatMessage>).role === 'string';

/** A conversation. */
export const isMessages: OptionCheck = {
  expected: 'a list of at least one message (with a role)',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isMessage),
};
const isRecord: OptionCheck = {
  expected: 'values by name',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
/** A list of objects, as tools and documents are. */
export const isObjects: OptionCheck = {
  expected: 'a list of objects',
  accepts: (value) => Array.isArray(value) && value.every((each) => isRecord.accepts(each)),
};
const optionChecks: { readonly [Name in keyof Required<RenderOptions>]: OptionCheck } = {
  addGenerationPrompt: optional(flag),
  continueFinalMessage: optional(flag),
  tools: optional(isObjects),
  documents: optional(isObjects),
  date: optional({ expected: 'a Date', accepts: (value) => value instanceof Date && !Number.isNaN(value.getTime()) }),
  variables: optional(isRecord),
};

/** Stands at the end of the message that is to be continued. */
const CONTINUED = 'CONTINUE_FINAL_MESSAGE_TAG ';

/**
 * A chat template: what makes one text of a conversation, in Jinja as Hugging Face's models have it. The text is what transformers renders: the parser is
 * that of `@huggingface/jinja`, values and methods are Python's. What is not supported is refused by its name, never passed over. JavaScript does not tell 1.0 from 1:
 * whole numbers of messages and tools are integers.
 */
export class ChatTemplate {
  readonly source: string;
  private readonly variables: Readonly<Record<string, Value>>;
  private readonly statements: readonly Statement[];

  /**
   * @param source a `chat_template`, or the contents of `chat_template.jinja`.
   * @param variables what it may use besides its arguments: `bos_token`, `eos_token`, … Default: none.
   * @throws TemplateError for a template that cannot be read, and for a variable that JSON does not know.
   */
  constructor(source: string, variables: Readonly<Record<string, unknown>> = {}) {
    checkArguments('ChatTemplate', { source, variables }, { source: aText, variables: isRecord });
    this.source = source;
    this.variables = valuesOf(variables);
    this.statements = parseTemplate(source);
  }

  /**
   * A conversation as one text. What is in messages is text to the tokenizer like any other: special tokens that users spell become those tokens.
   * @throws TemplateError for what the template raises, or is not supported, and where the message to be continued is not found in the text.
   */
  render(messages: readonly ChatMessage[], options: RenderOptions = {}): string {
    checkArguments('render', { messages }, { messages: isMessages });
    checkOptions('render', options, optionChecks);
    return joined(this.rendered(messages, options));
  }

  /**
   * The same in parts, with what the assistant wrote apart: `{% generation %}` blocks where the template has them. Where it has none, what a message of the
   * assistant's adds to the text of those before it with their generation prompt; that needs a template which renders a conversation's beginning as it renders
   * it alone.
   * @throws TemplateError, besides, where that is not so.
   */
  renderParts(messages: readonly ChatMessage[], options: RenderOptions = {}): ChatPart[] {
    checkArguments('renderParts', { messages }, { messages: isMessages });
    checkOptions('renderParts', options, optionChecks);
    const parts = this.rendered(messages, options);
    if (!marksGeneration(this.source)) return this.partsByPrefix(messages, options, joined(parts));
    const merged: ChatPart[] = [];
    for (const { text, isGenerated } of parts) {
      const last = merged.at(-1);
      if (last?.isAssistant !== isGenerated) merged.push({ text, isAssistant: isGenerated });
      else merged[merged.length - 1] = { text: last.text + text, isAssistant: isGenerated };
    }
    return merged;
  }

  private partsByPrefix(messages: readonly ChatMessage[], options: RenderOptions, whole: string): ChatPart[] {
    const parts: ChatPart[] = [];
    let end = 0;
    messages.forEach(({ role }, i) => {
      if (role !== 'assistant') return;
      const start = i === 0 ? 0 : this.prefixLength(messages.slice(0, i), options, true, whole);
      const isContinued = options.continueFinalMessage === true && i === messages.length - 1;
      const stop = isContinued ? whole.length : this.prefixLength(messages.slice(0, i + 1), options, false, whole);
      parts.push({ text: whole.slice(end, start), isAssistant: false });
      parts.push({ text: whole.slice(start, stop), isAssistant: true });
      end = stop;
    });
    parts.push({ text: whole.slice(end), isAssistant: false });
    return parts.filter(({ text }) => text !== '');
  }

  private prefixLength(
    messages: readonly ChatMessage[],
    options: RenderOptions,
    addGenerationPrompt: boolean,
    whole: string,
  ): number {
    const text = joined(this.rendered(messages, { ...options, addGenerationPrompt, continueFinalMessage: false }));
    if (whole.startsWith(text)) return text.length;
    throw new TemplateError(
      `renderParts: the template renders the first ${messages.length} messages otherwise when they stand alone; it needs {% generation %} blocks`,
    );
  }

  private rendered(messages: readonly ChatMessage[], options: RenderOptions): RenderedPart[] {
    const { addGenerationPrompt = false, continueFinalMessage = false, tools, documents, date } = options;
    if (addGenerationPrompt && continueFinalMessage) {
      throw new RangeError('render: expected addGenerationPrompt or continueFinalMessage, not both');
    }
    const conversation = continueFinalMessage ? marked(messages) : messages;
    const parts = render(this.statements, {
      ...this.variables,
      ...valuesOf(options.variables ?? {}),
      messages: toValue(conversation, 'messages'),
      // transformers has None for both.
      tools: toValue(tools ?? null, 'tools'),
      documents: toValue(documents ?? null, 'documents'),
      add_generation_prompt: addGenerationPrompt,
      strftime_now: strftimeNow(date),
    });
    return continueFinalMessage ? cutAtMark(parts) : parts;
  }
}

function valuesOf(variables: Readonly<Record<string, unknown>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, toValue(value, name)]));
}

function joined(parts: readonly RenderedPart[]): string {
  return parts.map(({ text }) => text).join('');
}

function strftimeNow(date: Date | undefined): Value {
  return new Callable('strftime_now', (given) => {
    if (date === undefined)
      throw new TemplateError('strftime_now: the template asks for the date; give the option date');
    return strftime(date, textOf(bind('strftime_now', ['format'], given).format));
  });
}

/** With a mark at the end of the last message's text. */
function marked(messages: readonly ChatMessage[]): ChatMessage[] {
  const last = messages[messages.length - 1];
  const { content } = last;
  if (typeof content === 'string') return [...messages.slice(0, -1), { ...last, content: content + CONTINUED }];
  const blocks = Array.isArray(content) ? (content as readonly Readonly<Record<string, unknown>>[]) : [];
  const at = blocks.findLastIndex((block) => typeof block.text === 'string');
  if (at === -1) throw new TemplateError('render: the final message has no text to be continued');
  const block = { ...blocks[at], text: `${blocks[at].text as string}${CONTINUED}` };
  return [...messages.slice(0, -1), { ...last, content: blocks.map((each, i) => (i === at ? block : each)) }];
}

/** What stands before the mark; where the template strips messages, without the white space before it, as transformers does. */
function cutAtMark(parts: readonly RenderedPart[]): RenderedPart[] {
  const text = joined(parts);
  const at = text.lastIndexOf(CONTINUED.trim());
  if (at === -1) throw new TemplateError('render: the final message does not appear in the text of the conversation');
  const isWhole = text.startsWith(CONTINUED, at);
  let left = isWhole ? at : text.slice(0, at).trimEnd().length;
  return parts.flatMap((part) => {
    const kept = part.text.slice(0, left);
    left -= kept.length;
    return kept === '' ? [] : [{ ...part, text: kept }];
  });
}

/** The tokens of `tokenizer_config.json` that templates may name. */
const tokenNames = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/**
 * The chat templates of the contents of `tokenizer_config.json` by their names: one that has none is `default`; others are for tools (`tool_use`) or documents
 * (`rag`). They know the file's special tokens.
 * @throws TemplateError for a file without any, and for one that cannot be read.
 */
export function readChatTemplates(tokenizerConfig: unknown): Readonly<Record<string, ChatTemplate>> {
  if (!isRecord.accepts(tokenizerConfig)) {
    throw new TemplateError(`tokenizer_config.json: expected an object, got ${valueText(tokenizerConfig)}`);
  }
  const config = tokenizerConfig as Readonly<Record<string, unknown>>;
  const tokens = tokenNames.flatMap((name) => {
    const token = tokenText(config[name]);
    return token === undefined ? [] : [[name, token] as const];
  });
  const { chat_template: given } = config;
  const templates: readonly unknown[] =
    typeof given === 'string' ? [{ name: 'default', template: given }] : Array.isArray(given) ? given : [];
  if (templates.length === 0) {
    throw new TemplateError(
      `tokenizer_config.json: expected chat_template to be a text or a list of named ones, got ${valueText(given)}`,
    );
  }
  const variables = Object.fromEntries(tokens);
  return Object.fromEntries(
    templates.map((each, i) => {
      const { name, template } = (each ?? {}) as { readonly name?: unknown; readonly template?: unknown };
      if (typeof name === 'string' && typeof template === 'string')
        return [name, new ChatTemplate(template, variables)];
      throw new TemplateError(
        `tokenizer_config.json: expected chat_template[${i}] to have a name and a template, got ${valueText(each)}`,
      );
    }),
  );
}

/** A token is written as its text, or as an object that has it. */
function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const { content } = (value ?? {}) as { readonly content?: unknown };
  return typeof content === 'string' ? content : undefined;
}
