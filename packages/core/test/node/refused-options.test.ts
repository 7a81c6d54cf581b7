import { describe, expect, test } from 'vitest';
import {
  checkpoints,
  consoleProgress,
  csvLogger,
  jsonlLogger,
  latestCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  saveCheckpointFile,
  tensorBoardLogger,
} from '../../src/node/index.ts';

/** Options in turn, each with what is said about it. */
type Wrong = readonly (readonly [options: object | null, message: RegExp])[];

const makers: readonly (readonly [string, (options: never) => unknown, Wrong])[] = [
  ...[csvLogger, jsonlLogger, tensorBoardLogger].map(
    (make) =>
      [
        make.name,
        (options: never) => make('runs/log', options),
        [
          [{ interval: '5' }, /interval to be a positive integer, got "5"/],
          [{ interval: 1.5 }, /interval to be a positive integer, got 1.5/],
          [{ every: 10 }, /every/],
          [null, /null/],
        ],
      ] as const,
  ),
  [
    'checkpoints',
    (options: never) => checkpoints({ folder: 'runs', interval: 10, ...(options as object) }),
    [
      [{ folder: 5 }, /folder to be a path, got 5/],
      [{ folder: undefined }, /folder to be a path, got undefined/],
      [{ interval: NaN }, /interval to be a positive integer, got NaN/],
      [{ keep: '3' }, /keep to be a positive integer or Infinity, got "3"/],
      [{ saveReplay: 'false' }, /saveReplay to be true or false, got "false"/],
      [{ savesReplay: false }, /savesReplay.*saveReplay/],
    ],
  ],
  [
    'consoleProgress',
    consoleProgress,
    [
      [{ title: 5 }, /title to be a string, got 5/],
      [{ stream: {} }, /stream to be a stream \(with write\)/],
      [{ name: 'x' }, /name/],
    ],
  ],
];

describe.each(makers)('%s', (_, make, wrong) => {
  test.each(wrong)('%o', (options, message) => {
    expect(() => make(options as never)).toThrow(RangeError);
    expect(() => make(options as never)).toThrow(message);
  });
});

describe.each([undefined, null, 5, '', 'a\0b', ['runs']])('the path %o', (path) => {
  test('is none', async () => {
    const wrong = path as string;
    const checkpoint = { algorithm: 'fake', state: {}, files: {} };
    const message = /to be a path, got /;
    for (const make of [csvLogger, jsonlLogger, tensorBoardLogger]) expect(() => make(wrong)).toThrow(message);
    await expect(saveCheckpoint(wrong, checkpoint)).rejects.toThrow(message);
    await expect(saveCheckpointFile(wrong, checkpoint)).rejects.toThrow(message);
    await expect(loadCheckpoint(wrong)).rejects.toThrow(message);
    await expect(latestCheckpoint(wrong)).rejects.toThrow(message);
  });
});
