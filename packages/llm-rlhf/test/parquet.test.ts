import { readFileSync } from 'node:fs';
import { DataError, readParquet } from '@gradus/llm-rlhf';
import { describe, expect, test } from 'vitest';

const fixture = (name: string): Uint8Array => readFileSync(new URL(`./fixtures/${name}.parquet`, import.meta.url));

describe('a Parquet file that pyarrow wrote', () => {
  const first = {
    id: 2 ** 53 - 1,
    prompt: 'naïve 東京 🐈',
    score: 0.1,
    good: true,
    image: Uint8Array.of(0, 255, 128, 10),
    messages: [
      { role: 'user', content: '2 + 2?' },
      { role: 'assistant', content: null },
    ],
    scores: [0.5, null],
    input_ids: [1, 2, 2 ** 31],
    time: new Date('2024-02-29T12:30:01Z'),
  };
  const second = {
    id: -7,
    prompt: '',
    score: NaN,
    good: false,
    image: new Uint8Array(),
    messages: [],
    scores: [],
    input_ids: [],
    time: null,
  };
  const third = Object.fromEntries(Object.keys(first).map((name) => [name, null]));

  test.each(['rows', 'rows-zstd', 'rows-gzip'])(
    '%s has the rows that were written, missing values among them',
    async (name) => {
      expect(await readParquet(fixture(name))).toEqual([first, second, third]);
    },
  );

  test('is read at an offset of a larger array, too, and stays as it is', async () => {
    const bytes = fixture('rows');
    const larger = new Uint8Array(bytes.length + 20).fill(7);
    larger.set(bytes, 9);
    expect(await readParquet(larger.subarray(9, 9 + bytes.length))).toEqual([first, second, third]);
    expect(bytes).toEqual(fixture('rows'));
  });

  test('is read in part', async () => {
    const rows = await readParquet(fixture('rows'), { columns: ['prompt', 'id'] });
    expect(rows).toEqual([first, second, third].map(({ id, prompt }) => ({ id, prompt })));
    await expect(readParquet(fixture('rows'), { columns: ['prompts'] })).rejects.toThrow(
      /^readParquet: there is no column 'prompts' among id, prompt, score, /,
    );
  });

  test('with an integer that no number holds is refused by row and column', async () => {
    await expect(readParquet(fixture('large-id'))).rejects.toThrow(
      new DataError('row 1: expected id to be an integer below 2^53 in size, got 9007199254740992'),
    );
  });

  test('of which any byte is damaged is read or told so, and nothing that is thrown is left over', async () => {
    const whole = fixture('rows');
    for (let at = 0; at < whole.length; at += 5) {
      const damaged = Uint8Array.from(whole);
      damaged[at] ^= 0xff;
      const result: unknown = await readParquet(damaged).catch((error: unknown) => error);
      expect(Array.isArray(result) || result instanceof DataError, `byte ${at}: ${String(result)}`).toBe(true);
    }
    // What is left over would come now.
    await new Promise((resolve) => setTimeout(resolve));
  });

  test('that is damaged is told so', async () => {
    await expect(readParquet(fixture('rows').subarray(0, 200))).rejects.toThrow(
      /^readParquet: the file cannot be read: /,
    );
    await expect(readParquet(Uint8Array.of(1, 2, 3))).rejects.toBeInstanceOf(DataError);
  });
});
