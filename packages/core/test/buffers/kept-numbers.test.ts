import { describe, expect, test } from 'vitest';
import { PrioritizedReplayBuffer } from '../../src/buffers/prioritized-replay-buffer.ts';
import { ReplayBuffer } from '../../src/buffers/replay-buffer.ts';
import { RolloutBuffer } from '../../src/buffers/rollout-buffer.ts';
import { EnvError } from '../../src/errors.ts';
import { Box, Discrete, MultiBinary, MultiDiscrete, type Space } from '../../src/spaces/spaces.ts';

const plain = new Box(-1, 1, [1]);

/** What each buffer is given before a step of one environment. */
const buffers: readonly (readonly [string, (spaces: Spaces) => (observation: number, action: unknown) => void])[] = [
  ['ReplayBuffer', replayed((env) => new ReplayBuffer(env, { capacity: 4, gamma: 0.9 }))],
  [
    'PrioritizedReplayBuffer',
    replayed((env) => new PrioritizedReplayBuffer(env, { capacity: 4, gamma: 0.9, priorityExponent: 0.5 })),
  ],
  [
    'RolloutBuffer',
    (spaces) => {
      const buffer = new RolloutBuffer({ numEnvs: 1, ...spaces }, 4);
      return (observation, action) => {
        buffer.beginStep(Float32Array.of(observation), action as number[], [0], [0]);
      };
    },
  ],
];

interface Spaces {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
}

function replayed(make: (env: Spaces & { numEnvs: number }) => Pick<ReplayBuffer, 'beginStep'>) {
  return (spaces: Spaces) => {
    const buffer = make({ numEnvs: 1, ...spaces });
    return (observation: number, action: unknown): void => {
      buffer.beginStep(Float32Array.of(observation), action as number[]);
    };
  };
}

describe.each(buffers)('%s', (name, make) => {
  test.each<[string, Space, readonly unknown[], readonly unknown[]]>([
    ['Discrete', new Discrete(3), [[0], [2], Float32Array.of(1)], [[1.5], [-1], [3], [NaN], ['1'], [1n], [true]]],
    ['Discrete from 5', new Discrete(2, 5), [[5], [6]], [[4], [7], [0], [5.5]]],
    [
      'MultiDiscrete',
      new MultiDiscrete([2, 3]),
      [[1, 2]],
      [
        [2, 0],
        [0, 1.5],
        [0, -1],
        [0, '1'],
      ].map((each) => each),
    ],
    [
      'MultiBinary',
      new MultiBinary(2),
      [[1, 0]],
      [
        [1, 2],
        [0.5, 0],
        [1, true],
      ].map((each) => each),
    ],
    ['Box', plain, [[0.5], [-7]], [[NaN], [Infinity], ['1'], [1n]]],
  ])('keeps actions of %s as they are, or not at all', (_, actionSpace, right, wrong) => {
    const begin = make({ observationSpace: plain, actionSpace });
    for (const action of right) begin(0, action);
    for (const action of wrong) {
      expect(() => {
        begin(0, action);
      }).toThrow(EnvError);
      expect(() => {
        begin(0, action);
      }).toThrow(/^action of environment 0 (is|has) .*, expected an? /);
    }
  });

  test.runIf(name !== 'RolloutBuffer')('keeps bytes as they are, or not at all', () => {
    for (const observationSpace of [new Box(0, 255, [1], { dtype: 'uint8' }), new MultiBinary(1)]) {
      const begin = make({ observationSpace, actionSpace: plain });
      begin(1, [0]);
      for (const observation of [0.5, -1, 256]) {
        expect(() => {
          begin(observation, [0]);
        }).toThrow(`observation of environment 0 has ${observation} at [0], expected an integer in [0, 255]`);
      }
    }
  });
});
