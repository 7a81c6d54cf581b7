import {
  ChatTemplate,
  completionExamples,
  DataError,
  preferenceExamples,
  promptExamples,
  readJsonLines,
  trainTokenizer,
  type CompletionTextOptions,
  type PromptTextOptions,
  type Row,
} from '@gradus/llm-rlhf';
import { describe, expect, test } from 'vitest';

/** Bytes, and a token that ends texts. */
const tokenizer = trainTokenizer([''], { vocabularySize: 257, specialTokens: ['<end>'] });
const endOfText = tokenizer.vocabulary['<end>'];
const text = (tokens: ArrayLike<number>): string => tokenizer.decode(tokens);

describe('JSON lines', () => {
  test('are rows, whatever ends a line and whether the file begins with a mark of the byte order', () => {
    const file = '\ufeff{"prompt":"a\\u2028b","n":1}\r\n\r\n  \n{"text":"é\u2028"}';
    const expected = { rows: [{ prompt: 'a\u2028b', n: 1 }, { text: 'é\u2028' }], skipped: [] };
    expect(readJsonLines(file)).toEqual(expected);
    expect(readJsonLines(new TextEncoder().encode(file))).toEqual(expected);
    expect(readJsonLines('')).toEqual({ rows: [], skipped: [] });
  });

  test('that are none are named by the line, and left out where asked', () => {
    const file = '{"a":1}\n\n{"a":\n[1]\n{"a":2}\n';
    expect(() => readJsonLines(file)).toThrow(/^row 1 \(line 3\): expected JSON: /);
    expect(() => readJsonLines('data/texts.jsonl')).toThrow(
      '"data/texts.jsonl" is the name of a file, not what is in it',
    );
    expect(() => readJsonLines('1\n')).toThrow(new DataError('row 0 (line 1): expected an object, got 1'));
    const { rows, skipped } = readJsonLines(file, { onBadRow: 'skip' });
    expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
    expect(skipped).toEqual([
      expect.stringMatching(/^row 1 \(line 3\): /),
      'row 2 (line 4): expected an object, got [1]',
    ]);
  });

  test('are UTF-8', () => {
    expect(() => readJsonLines(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
      new DataError('readJsonLines: the file is not UTF-8'),
    );
  });
});

describe('completions', () => {
  const make = (rows: Row[], options: CompletionTextOptions = {}): string[][] =>
    completionExamples(rows, tokenizer, options).examples.map(({ prompt, completion }) => [
      text(prompt),
      text(completion),
    ]);

  test('are whole texts, or follow prompts', () => {
    const rows = [{ text: 'all' }, { prompt: 'Q:', completion: ' A', more: 1 }];
    expect(make(rows)).toEqual([
      ['', 'all'],
      ['Q:', ' A'],
    ]);
  });

  test('end with the token that ends texts, once', () => {
    const rows = [{ text: 'all' }, { prompt: 'Q:', completion: ' A<end>' }, { prompt: 'Q:', completion: '' }];
    expect(make(rows, { endOfText })).toEqual([
      ['', 'all<end>'],
      ['Q:', ' A<end>'],
      ['Q:', '<end>'],
    ]);
  });

  test('that are cut keep their beginning and do not end', () => {
    const rows = [{ text: 'abcd' }, { text: 'abc' }, { text: 'ab' }];
    const examples = make(rows, { endOfText, maxCompletionLength: 3 });
    expect(examples.map(([, completion]) => completion)).toEqual(['abc', 'abc', 'ab<end>']);
  });

  test('have the tokens of their own text, not those of prompt and completion together', () => {
    const merging = trainTokenizer(['ab ab ab'], { vocabularySize: 257 });
    const {
      examples: [{ prompt, completion }],
    } = completionExamples([{ prompt: 'a', completion: 'b' }], merging);
    expect([...Array.from(prompt), ...Array.from(completion)]).toEqual([
      ...merging.encode('a'),
      ...merging.encode('b'),
    ]);
    expect(merging.encode('ab')).toHaveLength(1);
  });

  test('of users may spell special tokens', () => {
    const [example] = completionExamples([{ text: '<end>' }], tokenizer, { addedTokens: false }).examples;
    expect(example.completion).toHaveLength(5);
    expect(completionExamples([{ text: '<end><end>' }], tokenizer).examples[0].completion).toEqual([
      endOfText,
      endOfText,
    ]);
  });

  test('that are none are named by row and field, and left out where asked', () => {
    const right = { text: 'ab' };
    const bad: [Row, string][] = [
      [{ text: null }, 'row 1: expected text to be a text, got null'],
      [{ prompt: 'a', completion: 3 }, 'row 1: expected completion to be a text, got 3'],
      [{ prompt: 'a' }, 'row 1: expected text, messages, or prompt and completion, got the columns prompt'],
      [{}, 'row 1: expected text, messages, or prompt and completion, got the columns (none)'],
      [{ text: '' }, 'row 1: expected text to have at least one token, got none'],
      [{ text: 'a' }, 'row 1: expected text to have at least two tokens, of which the first is given, got one'],
      [{ prompt: '', completion: 'a' }, 'row 1: expected prompt to have at least one token, got none'],
      [undefined as unknown as Row, 'row 1: expected columns by name, got undefined'],
    ];
    for (const [row, message] of bad) {
      expect(() => completionExamples([right, row], tokenizer)).toThrow(new DataError(message));
      const { examples, skipped } = completionExamples([right, row, right], tokenizer, { onBadRow: 'skip' });
      expect(examples).toHaveLength(2);
      expect(skipped).toEqual([message]);
    }
  });
});

describe('preferences', () => {
  const make = (row: Row, options: CompletionTextOptions = {}): unknown => {
    const { prompt, chosen, rejected, ...rest } = preferenceExamples([row], tokenizer, options).examples[0];
    return { prompt: text(prompt), chosen: text(chosen), rejected: text(rejected), ...rest };
  };

  test('have a prompt, two answers and perhaps a margin', () => {
    expect(make({ prompt: 'Q:', chosen: ' A', rejected: ' B', margin: 0.5 }, { endOfText })).toEqual({
      prompt: 'Q:',
      chosen: ' A<end>',
      rejected: ' B<end>',
      margin: 0.5,
    });
    expect(make({ prompt: 'Q:', chosen: ' A', rejected: ' B', margin: null })).not.toHaveProperty('margin');
  });

  // As TRL's extract_prompt does it.
  test.each([
    ['The sky is blue', 'The sky is green', 'The sky is', ' blue', ' green'],
    ['Q: A', 'Q: AB', 'Q: ', 'A', 'AB'],
    ['x\u{1f600}', 'x\u{1f601}', 'x', '\u{1f600}', '\u{1f601}'],
    ['Q:yes', 'Q:no', 'Q:', 'yes', 'no'],
  ])('of %s and %s begin alike', (chosen, rejected, prompt, first, second) => {
    expect(make({ chosen, rejected })).toEqual({ prompt, chosen: first, rejected: second });
  });

  test('that are none are named', () => {
    const of = (row: Row) => () => make(row);
    expect(of({ prompt: 'a', chosen: 'b' })).toThrow(
      new DataError('row 0: expected chosen and rejected, got the columns prompt, chosen'),
    );
    expect(of({ chosen: 'ab', rejected: 'cd' })).toThrow(
      new DataError('row 0: expected chosen and rejected to begin with the same prompt'),
    );
    expect(of({ chosen: 'ab', rejected: 'ab' })).toThrow(
      new DataError('row 0: expected chosen and rejected to differ'),
    );
    expect(of({ prompt: 'a', chosen: 'b', rejected: 'c', margin: '1' })).toThrow(
      new DataError('row 0: expected margin to be a number that is finite in float32, at most 3.4e38, got "1"'),
    );
  });
});

describe('prompts', () => {
  const make = (prompt: string, options: PromptTextOptions): string =>
    text(promptExamples([{ prompt }], tokenizer, options).examples[0].prompt);

  test('keep their other columns for reward functions', () => {
    const { examples } = promptExamples([{ prompt: 'a', answer: 42, id: null }], tokenizer);
    expect(examples).toEqual([{ prompt: [...tokenizer.encode('a')], columns: { answer: 42, id: null } }]);
  });

  test('that are too long keep their end', () => {
    expect(make('abcdef', { maxPromptLength: 4 })).toBe('cdef');
    expect(make('abcd', { maxPromptLength: 4 })).toBe('abcd');
    expect(make('abcdef', { maxPromptLength: 4, promptEnd: ':' })).toBe('def:');
  });

  test('or whole lines of their beginning, and what follows every prompt', () => {
    const options = { promptTruncation: 'last-newline', promptEnd: '\nTL;DR:' } as const;
    const post = 'one\ntwo\nthree';
    expect(make(post, { ...options, maxPromptLength: 20 })).toBe('one\ntwo\nthree\nTL;DR:');
    expect(make(post, { ...options, maxPromptLength: 19 })).toBe('one\ntwo\nTL;DR:');
    expect(make(post, { ...options, maxPromptLength: 14 })).toBe('one\ntwo\nTL;DR:');
    expect(make(post, { ...options, maxPromptLength: 13 })).toBe('one\nTL;DR:');
    expect(make(post, { ...options, maxPromptLength: 9 })).toBe('on\nTL;DR:');
    expect(() => make(post, { ...options, maxPromptLength: 7 })).toThrow(
      new DataError('row 0: expected promptEnd to have fewer tokens than the 7 of a prompt, got 7'),
    );
  });
});

describe('conversations', () => {
  const template = new ChatTemplate(
    "{% if tools %}{{ tools[0].name }};{% endif %}{% for m in messages %}{% if m.role == 'wrong' %}{{ raise_exception('who?') }}{% endif %}" +
      "{{ '<' + m.role + '>' + m.content + '<end>' }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}",
  );
  const user = (content: string): object => ({ role: 'user', content });
  const assistant = (content: string): object => ({ role: 'assistant', content });
  const options = { template, endOfText };
  const messages = [user('a'), assistant('b'), user('c'), assistant('d')];

  test('give an example for each answer of the assistant, which ends as the template has it', () => {
    const { examples } = completionExamples([{ messages }, { messages: [assistant('x')] }], tokenizer, options);
    expect(examples.map(({ prompt, completion }) => [text(prompt), text(completion)])).toEqual([
      ['<user>a<end><assistant>', 'b<end>'],
      ['<user>a<end><assistant>b<end><user>c<end><assistant>', 'd<end>'],
      ['', '<assistant>x<end>'],
    ]);
  });

  test('are prompts and completions, pairs, and prompts, with tools', () => {
    const tools = [{ name: 'now' }];
    const rows = [{ prompt: messages.slice(0, 3), completion: messages.slice(3), tools }];
    const [example] = completionExamples(rows, tokenizer, options).examples;
    const prompt = '<user>a<end><assistant>b<end><user>c<end><assistant>';
    expect([text(example.prompt), text(example.completion)]).toEqual([`now;${prompt}`, 'd<end>']);
    expect(completionExamples([{ ...rows[0], tools: JSON.stringify(tools) }], tokenizer, options).examples).toEqual([
      example,
    ]);
    const explicit = { prompt: messages.slice(0, 3), chosen: [assistant('d')], rejected: [assistant('e')] };
    const implicit = { chosen: messages, rejected: [...messages.slice(0, 3), assistant('e')] };
    for (const pair of preferenceExamples([explicit, implicit], tokenizer, options).examples) {
      expect([text(pair.prompt), text(pair.chosen), text(pair.rejected)]).toEqual([prompt, 'd<end>', 'e<end>']);
    }
    const asked = promptExamples([{ prompt: messages.slice(0, 3), answer: 'd' }], tokenizer, { template }).examples;
    expect(text(asked[0].prompt)).toBe(prompt);
    expect(asked[0].columns).toEqual({ answer: 'd' });
  });

  test('that are none are named', () => {
    const of =
      (row: Row, given: CompletionTextOptions = options) =>
      () =>
        completionExamples([row], tokenizer, given);
    expect(of({ messages }, {})).toThrow(new DataError('row 0: messages need a template; give the option template'));
    expect(of({ messages: [] })).toThrow(
      new DataError('row 0: expected messages to be a list of at least one message (with a role), got []'),
    );
    expect(of({ messages: [user('a')] })).toThrow(
      new DataError('row 0: expected messages to have a message of the assistant'),
    );
    for (const tools of [[1], '[1]', '{}', 'look']) {
      const message = `row 1: expected tools to be a list of objects, or the JSON of one, got ${JSON.stringify(tools)}`;
      const rows = [{ messages }, { messages, tools }];
      expect(() => completionExamples(rows, tokenizer, options)).toThrow(new DataError(message));
      expect(completionExamples(rows, tokenizer, { ...options, onBadRow: 'skip' }).skipped).toEqual([message]);
    }
    expect(of({ messages: [{ role: 'wrong' }, assistant('b')] })).toThrow(new DataError('row 0: template: who?'));
    expect(of({ messages: [user('a'), { role: 'assistant' }] })).toThrow(DataError);
    expect(() => preferenceExamples([{ chosen: [user('a')], rejected: [user('b')] }], tokenizer, options)).toThrow(
      new DataError('row 0: expected chosen and rejected to begin with the same messages'),
    );
  });
});
