import { ByteLevelTokenizer, readTokenizer, tokenizerJson, TokenizerError, trainTokenizer } from '@gradus/llm-rlhf';
import { describe, expect, test } from 'vitest';
import { readGolden } from './golden.ts';

interface Golden {
  readonly cases: readonly {
    readonly tokenizer: Readonly<Record<string, unknown>> & { readonly model: object; readonly pre_tokenizer: object };
    readonly results: readonly {
      readonly text: string;
      readonly ids: readonly number[];
      readonly decoded: string;
      readonly short: string;
    }[];
  }[];
}
const { cases } = readGolden('tokenizer.golden') as Golden;
const [{ tokenizer: usual }] = cases;

describe('numbers and texts are those of Hugging Face’s tokenizers in Rust, 0.23.2', () => {
  const names = [
    'as GPT-2',
    'with a space before',
    'words as in Llama 3',
    'words of letters and what is between',
    'whole texts',
    'words that are symbols, as in Llama 3',
    'in the form NFC, as in GPT-NeoX',
    'without a type of the model, as in older files',
  ];
  test.each(cases.map((each, i) => [names[i], each] as const))('%s', (_, { tokenizer: json, results }) => {
    const tokenizer = readTokenizer(json);
    for (const { text, ids, decoded, short } of results) {
      expect([...tokenizer.encode(text)], text).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(short);
    }
    const again = readTokenizer(JSON.parse(JSON.stringify(tokenizerJson(tokenizer))));
    for (const { text, ids } of results) expect([...again.encode(text)]).toEqual(ids);
  });
});

describe('texts', () => {
  const tokenizer = readTokenizer(usual);

  test('come back whole, whatever they contain', () => {
    for (const text of ['a\0b', '\ufeffbegins', 'e\u0301', '👩‍👩‍👧', ' , . ! ', '\r\n\t', '\ud83d\udc08'.repeat(3)]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  test('that are cut within a character harm no other', () => {
    const ids = [...tokenizer.encode('ab€')];
    expect(tokenizer.decode([...ids.slice(0, -1), ...tokenizer.encode(' the cat')])).toBe('ab\ufffd the cat');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode(Int32Array.from(ids))).toBe('ab€');
  });

  test('of users may spell added tokens', () => {
    expect([...tokenizer.encode('<|end|>')]).toEqual([0]);
    const spelled = tokenizer.encode('<|end|>', { addedTokens: false });
    expect(spelled.length).toBeGreaterThan(1);
    expect(tokenizer.decode(spelled)).toBe('<|end|>');
  });

  test('may be long, and vocabularies large', () => {
    const long = tokenizer.encode('a'.repeat(200_000), { addedTokens: false });
    expect(tokenizer.decode(long)).toHaveLength(200_000);
    const vocabulary = Object.fromEntries(Array.from({ length: 200_000 }, (_, id) => [`symbol${id}`, id]));
    expect(new ByteLevelTokenizer({ vocabulary, merges: [] }).size).toBe(200_000);
  });

  test('numbers that stand for no token have no text', () => {
    // What tokenizers 0.23.2 (Hugging Face's) answers to the same: the two bytes of é meet across what is nothing.
    const bytes = new ByteLevelTokenizer({ vocabulary: { a: 1, b: 2, Ã: 3, '©': 4 }, merges: [] });
    const texts = [[99], [1, 99, 2], [1, 0, 2], [3, 4], [3, 99, 4], [3, 0, 4]].map((ids) => bytes.decode(ids));
    expect(texts).toEqual(['', 'ab', 'ab', 'é', 'é', 'é']);
  });

  test('numbers that cannot be are refused', () => {
    expect(() => tokenizer.decode(Int32Array.of(97, -1))).toThrow(
      'decode: expected ids to be a list of tokens, got an Int32Array of 2 numbers: [1] is -1',
    );
    expect(() => tokenizer.decode([-1])).toThrow('tokens');
    const letters = new ByteLevelTokenizer({ vocabulary: { a: 0 }, merges: [] });
    expect(() => letters.encode('ab')).toThrow(
      new TokenizerError('encode: there is no token for \'b\' of the word "ab"'),
    );
  });
});

describe('training', () => {
  test('merges the most frequent pair, again and again', () => {
    // aa occurs 2 + 2 times, ab 2; then aaa b, …
    const tokenizer = trainTokenizer(['aaab aaab'], { vocabularySize: 300 });
    expect(tokenizer.merges).toEqual([
      ['a', 'a'],
      ['a', 'b'],
      ['aa', 'ab'],
    ]);
    expect(tokenizer.size).toBe(259);
    expect(tokenizer.encode('aaab')).toHaveLength(1);
  });

  test('of pairs as frequent the one with the smaller numbers is first, so that it is the same each time', () => {
    const texts = ['xy cd', 'xy cd'];
    const [one, same] = [1, 2].map(() => trainTokenizer(texts, { vocabularySize: 258 }));
    expect(one.merges).toEqual([
      ['c', 'd'],
      ['x', 'y'],
    ]);
    expect(tokenizerJson(same)).toEqual(tokenizerJson(one));
  });

  test('special tokens may have any sign, be different, and are never learned', () => {
    const tokenizer = trainTokenizer(['the the the the'], {
      vocabularySize: 300,
      specialTokens: ['the', '<end-of-text>'],
    });
    expect([...tokenizer.encode('<end-of-text>')]).toEqual([1]);
    expect([...tokenizer.encode('the', { addedTokens: false })]).not.toContain(0);
    const again = readTokenizer(tokenizerJson(tokenizer));
    expect(again.encode('the thethe')).toEqual(tokenizer.encode('the thethe'));
    for (const specialTokens of [['<a>', '<a>'], ['a'], ['']]) {
      expect(() => trainTokenizer([], { vocabularySize: 300, specialTokens })).toThrow(
        /^trainTokenizer: expected specialTokens to be different texts of more than one character, got /,
      );
    }
  });

  test('special tokens get the first numbers, bytes the next, and a vocabulary has room for both', () => {
    const tokenizer = trainTokenizer([], { vocabularySize: 258, specialTokens: ['<pad>', '<end>'] });
    expect([...tokenizer.encode('<end><pad>!')]).toEqual([1, 0, 2]);
    expect(() => trainTokenizer([], { vocabularySize: 257, specialTokens: ['<pad>', '<end>'] })).toThrow(
      new TokenizerError(
        'trainTokenizer: expected vocabularySize to be at least 258, the bytes and special tokens, got 257',
      ),
    );
  });
});

describe('tokenizer.json: what is not supported is refused by name', () => {
  const withModel = (change: object): object => ({ ...usual, model: { ...usual.model, ...change } });
  test.each<[object | null, string]>([
    [null, 'expected tokenizer.json to be an object, got null'],
    [withModel({ type: 'Unigram' }), 'model.type "Unigram" is not supported, only "BPE"'],
    [withModel({ byte_fallback: true }), 'model.byte_fallback true is not supported, only null, false'],
    [withModel({ merges: [['a']] }), 'expected model.merges[0] to be a pair of symbols, got ["a"]'],
    [{ ...usual, normalizer: { type: 'NFKC' } }, 'normalizer.type "NFKC" is not supported, only "NFC"'],
    [{ ...usual, pre_tokenizer: { type: 'Whitespace' } }, 'pre_tokenizer.type "Whitespace" is not supported'],
    [
      { ...usual, added_tokens: [{ id: 0, content: 'a', lstrip: true }] },
      'added_tokens[0].lstrip true is not supported, only false',
    ],
  ])('%#', (json, message) => {
    expect(() => readTokenizer(json)).toThrow(TokenizerError);
    expect(() => readTokenizer(json)).toThrow(message);
  });

  test('merges of symbols that there are not, and numbers that two symbols have', () => {
    expect(() => new ByteLevelTokenizer({ vocabulary: { a: 0, b: 1 }, merges: [['a', 'b']] })).toThrow(
      new TokenizerError('merges: \'ab\' of the pair ["a","b"] is not in the vocabulary'),
    );
    const twice = { vocabulary: { a: 0 }, merges: [], addedTokens: [{ id: 1, content: 'a', special: false }] };
    expect(() => new ByteLevelTokenizer(twice)).toThrow(new TokenizerError("addedTokens: 'a' has two numbers"));
    expect(() => new ByteLevelTokenizer({ vocabulary: { a: 0, b: 0 }, merges: [] })).toThrow(
      new TokenizerError("vocabulary: 'a' and 'b' both have the number 0"),
    );
  });
});
