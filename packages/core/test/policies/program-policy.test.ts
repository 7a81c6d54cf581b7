import {
  add,
  applyGraph,
  argmax,
  cast,
  constant,
  evaluate,
  greater,
  mul,
  program,
  randomUniform,
  squeeze,
  where,
  type Tensor,
} from '@gradus/tensor';
import { afterEach, describe, expect, test } from 'vitest';
import { placeholderEnv } from '../../src/environments/placeholder-env.ts';
import { actGraph } from '../../src/policies/act-graph.ts';
import { ProgramPolicy, clipToBounds, type ActProgram } from '../../src/policies/program-policy.ts';
import { programKeys } from '../../src/random/seed-sequence.ts';
import { RunningNormalizer } from '../../src/statistics/running-normalizer.ts';
import { Box, Discrete, MultiDiscrete } from '../../src/spaces/spaces.ts';

const observationSpace = new Box(-100, 100, [1]);
const actionSpace = new Box(-2, 2, [1]);
const compiled: string[] = [];
afterEach(() => compiled.splice(0));

const writeKey = programKeys(3);

/** Acts with what it sees; when not deterministic, with uniform noise in [0, 1) added. */
function policy(normalizer?: RunningNormalizer): ProgramPolicy {
  let draws = 0;
  const compile = (batch: number, deterministic: boolean): ActProgram => {
    compiled.push(`${batch} ${deterministic ? 'best' : 'drawn'}`);
    return program({ observations: [batch, 1], key: { shape: [2], dtype: 'int32' } }, ({ observations, key }) => ({
      actions: deterministic ? observations : add(observations, randomUniform(key, [batch, 1])),
    }));
  };
  return new ProgramPolicy({
    observationSpace,
    actionSpace,
    compile,
    normalizer,
    writeKey: (key) => writeKey(key, draws++),
  });
}

test('compiles once for each number of observations and way of acting', () => {
  const acting = policy();
  const actions = new Float32Array(2);
  for (let i = 0; i < 3; i++) {
    acting.act([i]);
    acting.actBatch(Float32Array.of(0, 1), actions);
    acting.act([i], { deterministic: false });
  }
  expect(compiled).toEqual(['1 best', '2 best', '1 drawn']);
  expect([...actions]).toEqual([0, 1]);
});

test('the best action is the default and always the same, draws differ, and begin alike in a second policy', () => {
  const draw = (acting: ProgramPolicy): number[] =>
    Array.from({ length: 5 }, () => (acting.act([0], { deterministic: false }) as Float32Array)[0]);
  const acting = policy();
  expect([acting.act([0.5]), acting.act([0.5])]).toEqual([Float32Array.of(0.5), Float32Array.of(0.5)]);
  const first = draw(acting);
  expect(new Set(first).size).toBe(5);
  expect(draw(policy())).toEqual(first);
});

test('actions keep to their bounds', () => {
  const acting = policy();
  expect([-7, 1, 7].map((x) => acting.act([x]))).toEqual([-2, 1, 2].map((x) => Float32Array.of(x)));
});

test('the network sees normalized observations', () => {
  const normalizer = new RunningNormalizer(1);
  normalizer.update(Float32Array.of(10, 30));
  const seen = new Float32Array(1);
  normalizer.normalize(Float32Array.of(25), seen);
  expect(seen[0]).toBeCloseTo(0.5, 3);
  expect(policy(normalizer).act([25])).toEqual(seen);
});

test('its graph normalizes observations that are as they were before, and keeps actions to their bounds', () => {
  const [outer, own] = [new RunningNormalizer(1), new RunningNormalizer(1)];
  outer.update(Float32Array.of(1e6 + 0.1, 1e6 + 0.3));
  own.update(Float32Array.of(-1, 3));
  const statistics = { observation: [outer] };
  const env = placeholderEnv({ observationSpace, actionSpace, numEnvs: 1, hasMasks: false, statistics });
  const graph = actGraph({ algorithm: 'its own', acting: { policy: policy(own), env } }, 3);
  expect([...graph.inputs.keys()]).toEqual(['observations']);
  const { actions } = evaluate(() => applyGraph(graph, { observations: constant([3, 1], [1e6, 1e6 + 0.5, 2e6]) }));
  const seen = new Float32Array(3);
  outer.normalize(Float32Array.of(1e6, 1e6 + 0.5, 2e6), seen);
  own.normalize(seen, seen);
  seen.forEach((x, i) => expect(actions[i]).toBeCloseTo(Math.min(Math.max(x, -2), 2), 6));
});

test('single numbers are observations too, and discrete actions are numbers', () => {
  const repeat = new ProgramPolicy({
    observationSpace: new Discrete(5),
    actionSpace: new Discrete(5),
    compile: (batch) =>
      program({ observations: [batch, 1], key: { shape: [2], dtype: 'int32' } }, ({ observations }) => ({
        actions: cast(squeeze(observations, 1), 'int32'),
      })),
  });
  expect(repeat.act(4)).toBe(4);
});

describe('action masks', () => {
  /** The best legal action of values that are the observation times (0, 1, 2); without the input it knows no masks. */
  const choosing = (knowsMasks: boolean): ProgramPolicy =>
    new ProgramPolicy({
      observationSpace,
      actionSpace: new Discrete(3),
      compile: (batch, deterministic) => {
        compiled.push(`${batch} ${deterministic ? 'best' : 'drawn'}`);
        const inputs = { observations: [batch, 1], key: { shape: [2], dtype: 'int32' } } as const;
        const valuesOf = (observations: Tensor): Tensor => mul(observations, constant([1, 3], [0, 1, 2]));
        return knowsMasks
          ? program({ ...inputs, actionMasks: [batch, 3] }, ({ observations, actionMasks }) => ({
              actions: argmax(where(greater(actionMasks, 0), valuesOf(observations), -Infinity)),
            }))
          : program(inputs, ({ observations }) => ({ actions: argmax(valuesOf(observations)) }));
      },
    });

  test('the program gets them, and all ones where there are none', () => {
    const acting = choosing(true);
    expect(acting.act([1])).toBe(2);
    expect(acting.act([1], { actionMasks: Uint8Array.of(1, 1, 0) })).toBe(1);
    expect(acting.act([-1], { actionMasks: Uint8Array.of(0, 0, 1) })).toBe(2);
    expect(acting.act([1])).toBe(2);
    const actions = new Int32Array(2);
    acting.actBatch(Float32Array.of(1, -1), actions, { actionMasks: Uint8Array.of(1, 0, 0, 0, 1, 1) });
    expect([...actions]).toEqual([0, 1]);
    acting.act([1], { actionMasks: Uint8Array.of(1, 1, 1), deterministic: false });
    expect(compiled).toEqual(['1 best', '2 best', '1 drawn']);
  });

  test('a program without the input passes them over', () => {
    expect(choosing(false).act([1], { actionMasks: Uint8Array.of(1, 1, 0) })).toBe(2);
  });

  test('those that do not fit or leave nothing are refused', () => {
    const acting = choosing(true);
    const act = (...masks: number[]): void => {
      acting.actBatch(new Float32Array(2), new Int32Array(2), { actionMasks: Uint8Array.from(masks) });
    };
    expect(() => {
      act(0, 0, 1, 0, 0, 0);
    }).toThrow(new RangeError('actionMasks: expected a legal action in each row, got none in row 1'));
    expect(() => {
      act(1, 1, 1);
    }).toThrow(new RangeError('actionMasks has 3 elements, expected 2 × 3 (actions)'));
  });
});

describe('a policy that remembers', () => {
  /** Acts with the sum of what it saw in the episode. */
  const summing = (): ProgramPolicy =>
    new ProgramPolicy({
      observationSpace,
      actionSpace: new Box(-100, 100, [1]),
      compile: (batch) =>
        program(
          { observations: [batch, 1], memories: [batch, 1], key: { shape: [2], dtype: 'int32' } },
          ({ observations, memories }) => {
            const actions = add(observations, memories);
            return { actions, memories: actions };
          },
        ),
    });
  const starts = (...flags: number[]): { episodeStarts: Uint8Array } => ({ episodeStarts: Uint8Array.from(flags) });

  test('begins with nothing, and forgets where an episode starts', () => {
    const acting = summing();
    const results = [acting.act([1]), acting.act([2]), acting.act([3], starts(0)), acting.act([4], starts(1))];
    expect(results.map((result) => (result as Float32Array)[0])).toEqual([1, 3, 6, 4]);
    expect(acting.act([5], { deterministic: false })).toEqual(Float32Array.of(9));
  });

  test('remembers by row, and for each number of rows', () => {
    const acting = summing();
    const actions = new Float32Array(3);
    acting.actBatch(Float32Array.of(1, 2, 3), actions);
    acting.act([50]);
    acting.actBatch(Float32Array.of(10, 20, 30), actions, starts(0, 1, 0));
    expect([...actions]).toEqual([11, 20, 33]);
    expect(acting.act([1])).toEqual(Float32Array.of(51));
  });

  test('episode starts that do not fit are refused', () => {
    expect(() => summing().act([1], starts(1, 0))).toThrow(
      new RangeError('episodeStarts has 2 elements, expected 1 (observations)'),
    );
  });
});

test('an observation of another size is refused', () => {
  expect(() => policy().act([1, 2])).toThrow(new RangeError('observation has 2 elements, expected 1'));
});

test('the programs are freed with it, and compiled anew when needed', () => {
  const acting = policy();
  acting.act([1]);
  acting.dispose();
  expect(acting.act([1])).toEqual(Float32Array.of(1));
  expect(compiled).toEqual(['1 best', '1 best']);
});

describe('clipToBounds', () => {
  test('each element of a Box to its own bounds, in every row', () => {
    const space = new Box([-1, 0], [1, Infinity]);
    const target = new Float32Array(4);
    clipToBounds(space, [-3, -3, 3, 3], target);
    expect([...target]).toEqual([-1, 0, 1, 3]);
  });

  test('NaN stays NaN, for the environment to refuse', () => {
    const target = new Float32Array(1);
    clipToBounds(new Box(-1, 1, [1]), [NaN], target);
    expect(target[0]).toBeNaN();
  });

  test('choices are copied', () => {
    const target = new Int32Array(4);
    clipToBounds(new MultiDiscrete([3, 3]), [2, 1, 0, 2], target);
    expect([...target]).toEqual([2, 1, 0, 2]);
  });
});
