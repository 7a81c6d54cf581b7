import {
  ChatTemplate,
  encodeChat,
  readChatTemplates,
  TemplateError,
  trainTokenizer,
  type ChatMessage,
} from '@gradus/llm-rlhf';
import { describe, expect, test } from 'vitest';
import { readGolden } from './golden.ts';

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly template: string;
    readonly variables: Readonly<Record<string, unknown>> & {
      readonly messages?: ChatMessage[];
      readonly tools: object[] | null;
    };
    readonly expected?: string;
    readonly error?: string;
  }[];
}
const { cases } = readGolden('templates.golden') as Golden;
const date = new Date(Date.UTC(2024, 1, 9, 7, 5, 3));
const someone = [{ role: 'user', content: 'hi' }];

/** What a case's template makes of its variables here. */
function rendered({ template, variables }: Golden['cases'][number]): string {
  const { messages, tools, add_generation_prompt: addGenerationPrompt, ...others } = variables;
  return new ChatTemplate(template, others).render(messages ?? someone, {
    addGenerationPrompt: addGenerationPrompt === true,
    ...(tools !== null && { tools }),
    date,
  });
}

describe('texts are those of Python’s Jinja', () => {
  const right = cases.filter(({ expected }) => expected !== undefined);
  test.each(right.map((each) => [each.name, each] as const))('%s', (_, each) => {
    expect(rendered(each)).toBe(each.expected);
  });

  const wrong = cases.filter(({ error }) => error !== undefined);
  test.each(wrong.map((each) => [each.name, each] as const))('%s is an error', (_, each) => {
    expect(() => rendered(each)).toThrow(TemplateError);
  });
});

describe('what is not supported is refused by name', () => {
  test.each([
    ['{% raw %}x{% endraw %}', "template: '{% raw' is not supported"],
    ['{%+ if true %}{% endif %}', "template: '{%+' is not supported"],
    ['{% include "x" %}', 'template: Unknown statement type: include'],
    ['{{ 1 < 2 < 3 }}', "template: comparisons in a row ('<') are not supported"],
    ['{{ 1 in [1] == true }}', "template: comparisons in a row ('==') are not supported"],
    ['{{ x | urlize }}', "the filter 'urlize' is not supported"],
    ['{{ x is escaped }}', "the test 'escaped' is not supported"],
    ["{{ 'a'.zfill(3) }}", "the method 'zfill' of an object of type 'str' is not supported"],
    ["{{ {'a': 1}.pop('a') }}", "the method 'pop' of an object of type 'dict' is not supported"],
    ["{{ '%s' % 1 }}", /^'%' of 'str' and 'int' is not supported/],
    ['{{ [1] | map("abs") }}', "printing an object of type 'generator' is not supported"],
    ["{{ strftime_now('%c') }}", "strftime_now: '%c' is not supported"],
    ['{{ [1] | tojson(default=1) }}', "tojson: the argument 'default' is not supported"],
    ['{{ 9007199254740992 }}', /whole numbers beyond 2\^53/],
    ['{% set x %}{% generation %}a{% endgeneration %}{% endset %}', /^template: a generation block within a macro/],
    ['{% if true %}', /^template: /],
    ['{{ 1', /^template: /],
  ])('%s', (source, message) => {
    expect(() => new ChatTemplate(source).render(someone, { date })).toThrow(
      typeof message === 'string' ? new TemplateError(message) : message,
    );
    expect(() => new ChatTemplate(source).render(someone, { date })).toThrow(TemplateError);
  });

  test('the date where none is given', () => {
    expect(() => new ChatTemplate("{{ strftime_now('%Y') }}").render(someone)).toThrow(
      new TemplateError('strftime_now: the template asks for the date; give the option date'),
    );
  });

  test('values that JavaScript has changed already, or JSON does not know', () => {
    const template = new ChatTemplate('{{ v | tojson }}');
    const of = (v: unknown): string => template.render(someone, { variables: { v } });
    expect(() => of({ b: 1, 7: 2 })).toThrow(/^v: JavaScript has moved keys that are whole numbers to the front/);
    expect(
      of(
        new Map<string, unknown>([
          ['b', 1],
          ['7', 2],
        ]),
      ),
    ).toBe('{"b": 1, "7": 2}');
    expect(of({ 7: 1 })).toBe('{"7": 1}');
    expect(() => of({ a: [new Date()] })).toThrow(
      new TemplateError('v.a[0]: expected a value of JSON or a Map, got a value of type object'),
    );
    expect(() => of(1e16)).toThrow(/^v: whole numbers beyond 2\^53/);
    expect(of({ a: undefined, b: 0.5 })).toBe('{"b": 0.5}');
  });
});

const chatml = new ChatTemplate(
  "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<end>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
);
const talk = [
  { role: 'user', content: 'a' },
  { role: 'assistant', content: 'b' },
  { role: 'user', content: 'c' },
  { role: 'assistant', content: 'd ' },
];

describe('the last message', () => {
  test('may be continued', () => {
    expect(chatml.render(talk, { continueFinalMessage: true })).toBe(
      '<|user|>a<end>\n<|assistant|>b<end>\n<|user|>c<end>\n<|assistant|>d ',
    );
    const stripped = new ChatTemplate('{% for m in messages %}[{{ m.content | trim }}]{% endfor %}');
    expect(stripped.render(talk, { continueFinalMessage: true })).toBe('[a][b][c][d');
    const blocks = new ChatTemplate('{{ messages[0].content[0].text }}{{ messages[0].content[1].url }}');
    const content = [{ text: 'look: ' }, { url: 'x' }];
    expect(blocks.render([{ role: 'assistant', content }], { continueFinalMessage: true })).toBe('look: ');
    expect(content[0].text).toBe('look: ');
  });

  test('that is not in the text cannot', () => {
    const without = new ChatTemplate('{{ messages[0].role }}');
    expect(() => without.render(talk, { continueFinalMessage: true })).toThrow(
      new TemplateError('render: the final message does not appear in the text of the conversation'),
    );
    expect(() => chatml.render([{ role: 'user' }], { continueFinalMessage: true })).toThrow(
      new TemplateError('render: the final message has no text to be continued'),
    );
    expect(() => chatml.render(talk, { continueFinalMessage: true, addGenerationPrompt: true })).toThrow(
      new RangeError('render: expected addGenerationPrompt or continueFinalMessage, not both'),
    );
  });
});

describe('what the assistant wrote', () => {
  const generating = new ChatTemplate(
    "{% for m in messages %}{{ '<|' + m.role + '|>' }}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{{ '<end>' }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{{ '\\n' }}{% endfor %}",
  );

  test('is what stands in generation blocks', () => {
    expect(generating.renderParts(talk)).toEqual([
      { text: '<|user|>a\n<|assistant|>', isAssistant: false },
      { text: 'b<end>', isAssistant: true },
      { text: '\n<|user|>c\n<|assistant|>', isAssistant: false },
      { text: 'd <end>', isAssistant: true },
      { text: '\n', isAssistant: false },
    ]);
  });

  test('or what its messages add to those before them', () => {
    const parts = chatml.renderParts(talk, { addGenerationPrompt: true });
    expect(parts).toEqual([
      { text: '<|user|>a<end>\n<|assistant|>', isAssistant: false },
      { text: 'b<end>\n', isAssistant: true },
      { text: '<|user|>c<end>\n<|assistant|>', isAssistant: false },
      { text: 'd <end>\n', isAssistant: true },
      { text: '<|assistant|>', isAssistant: false },
    ]);
    expect(chatml.renderParts(talk, { continueFinalMessage: true }).at(-1)).toEqual({ text: 'd ', isAssistant: true });
  });

  test('unless a template renders a beginning otherwise', () => {
    const last = new ChatTemplate("{% for m in messages %}{{ m.content }}{{ '!' if loop.last }}{% endfor %}");
    expect(() => last.renderParts(talk)).toThrow(
      new TemplateError(
        'renderParts: the template renders the first 1 messages otherwise when they stand alone; it needs {% generation %} blocks',
      ),
    );
  });

  test('is known of every token, and nothing is put around them', () => {
    const tokenizer = trainTokenizer(['<|user|>'], { vocabularySize: 260, specialTokens: ['<end>', '<|user|>'] });
    const parts = generating.renderParts(talk);
    const { tokens, assistantMask } = encodeChat(tokenizer, parts);
    expect(tokenizer.decode(tokens)).toBe(generating.render(talk));
    const written = tokens.filter((_, i) => assistantMask[i] === 1);
    expect(tokenizer.decode(written)).toBe('b<end>d <end>');
    expect(assistantMask).toHaveLength(tokens.length);
  });
});

describe('tokenizer_config.json', () => {
  const template = '{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}';

  test('has a template, and special tokens as texts or objects', () => {
    const config = {
      chat_template: template,
      bos_token: '<s>',
      eos_token: { content: '</s>', lstrip: false },
      pad_token: null,
    };
    const templates = readChatTemplates(config);
    expect(Object.keys(templates)).toEqual(['default']);
    expect(templates.default.render(someone)).toBe('<s></s>False');
  });

  test('or several by their names', () => {
    const templates = readChatTemplates({
      chat_template: [
        { name: 'default', template: 'a' },
        { name: 'tool_use', template: '{{ tools | length }}' },
      ],
    });
    expect(templates.tool_use.render(someone, { tools: [{ name: 'x' }] })).toBe('1');
  });

  test('that has none is refused', () => {
    expect(() => readChatTemplates({})).toThrow(
      new TemplateError(
        'tokenizer_config.json: expected chat_template to be a text or a list of named ones, got undefined',
      ),
    );
    expect(() => readChatTemplates({ chat_template: [{ name: 'x' }] })).toThrow(
      /^tokenizer_config\.json: expected chat_template\[0\] to have a name and a template/,
    );
    expect(() => readChatTemplates(null)).toThrow(TemplateError);
  });
});
