import { add, broadcastTo, cast, constant, matmul, reshape, slice, squeeze, type Tensor } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import type { ActorCritic } from '../../src/policies/actor-critic.ts';
import { gaussian, policyDistribution } from '../../src/policies/distributions.ts';
import type { Env, StepResult } from '../../src/environments/env.ts';
import { EnvError } from '../../src/errors.ts';
import { RolloutCollector, type RolloutCollectorOptions } from '../../src/policies/rollout-collector.ts';
import { TrainingEnv } from '../../src/training/training-env.ts';
import { programKeys } from '../../src/random/seed-sequence.ts';
import { Box, Discrete, MultiDiscrete, type Space, type SpaceValue } from '../../src/spaces/spaces.ts';
import type { StateDict } from '../../src/checkpoints/state.ts';
import type { VectorEnv } from '../../src/environments/vector-env.ts';
import { vectorize } from '../../src/environments/vectorize.ts';

interface Logged extends StepResult<number[]> {
  readonly seen: readonly number[];
  readonly action: SpaceValue;
}

/** Its observations depend on the time alone, its rewards on actions too; episodes of three steps are terminated and truncated by turns. */
class Scripted implements Env<number[]> {
  readonly observationSpace: Space = new Box(-Infinity, Infinity, [2]);
  readonly actionSpace: Space;
  readonly log: Logged[] = [];
  private time: number;
  private steps = 0;

  constructor(actionSpace: Space, start: number) {
    this.actionSpace = actionSpace;
    this.time = start;
  }

  reset(): { observation: number[] } {
    this.time++;
    return { observation: this.observe() };
  }

  step(action: SpaceValue): StepResult<number[]> {
    const seen = this.observe();
    this.time++;
    this.steps++;
    const result = {
      observation: this.observe(),
      reward: Math.sin(5 * this.time) + (typeof action === 'number' ? action : action[0]),
      terminated: this.steps % 6 === 3,
      truncated: this.steps % 6 === 0,
    };
    this.log.push({ seen, action, ...result });
    return result;
  }

  /** Never the action that the time says. */
  actionMask(): Uint8Array {
    return Uint8Array.from([0, 1, 2], (action) => (action === this.time % 3 ? 0 : 1));
  }

  getState(): StateDict {
    return { time: this.time, steps: this.steps };
  }

  setState({ time, steps }: StateDict): void {
    [this.time, this.steps] = [Number(time), Number(steps)];
  }

  private observe(): number[] {
    return [Math.fround(Math.sin(this.time)), Math.fround(3 * Math.cos(1.7 * this.time) + 1)];
  }
}

const actorWeights = [0.5, -1, 0.2, 0.1, 0.3, -0.4];
const valueOf = ([x, y]: readonly number[]): number => 2 * x - y;
const logitsOf = ([x, y]: readonly number[]): number[] =>
  [0, 1, 2].map((j) => x * actorWeights[j] + y * actorWeights[3 + j]);

const value = (observations: Tensor): Tensor => squeeze(matmul(observations, constant([2, 1], [2, -1])), 1);
const noParameters = { actorParameters: {}, criticParameters: {}, parameters: {}, dispose: () => undefined };
/** v(s) = 2 x − y, and three actions with linear logits. */
const networks: ActorCritic = {
  ...noParameters,
  value,
  policy: (observations, masks) =>
    policyDistribution(new Discrete(3), matmul(observations, constant([2, 3], actorWeights)), 0, masks),
};

const gamma = 0.9;
const lambda = 0.8;
const options = { steps: 4, gamma, gaeLambda: lambda, seed: 3 } satisfies RolloutCollectorOptions;

function setUp(changes: Partial<RolloutCollectorOptions> = {}, actionSpace: Space = new Discrete(3), masked = false) {
  const envs = [new Scripted(actionSpace, 0), new Scripted(actionSpace, 100)];
  const env = vectorize((i) => (masked ? envs[i] : withoutMask(envs[i])), 2);
  const training = new TrainingEnv(env, options.seed);
  training.begin(1000);
  return { envs, env, training, rollouts: new RolloutCollector(training, networks, { ...options, ...changes }) };
}

function withoutMask(env: Scripted): Env {
  const { observationSpace, actionSpace } = env;
  return { observationSpace, actionSpace, reset: () => env.reset(), step: (action) => env.step(action) };
}

/** The advantages of one copy's part of a round by their definition, given what v is. */
function advantagesOf(steps: readonly Logged[], rewards: readonly number[], v: (x: readonly number[]) => number) {
  return steps.map((_, start) => {
    let total = 0;
    for (let k = start, weight = 1; k < steps.length; k++, weight *= gamma * lambda) {
      const { seen, observation, terminated, truncated } = steps[k];
      total += weight * (rewards[k] + (terminated ? 0 : gamma * v(observation)) - v(seen));
      if (terminated || truncated) break;
    }
    return total;
  });
}

function expectClose(actual: Iterable<number>, expected: readonly number[]): void {
  const values = [...actual];
  expect(values).toHaveLength(expected.length);
  values.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i], 4);
  });
}

/** Rows of copy `i` of a buffer's array of `width` numbers a row. */
const rowsOf = (array: ArrayLike<number>, i: number, width = 1): number[][] =>
  [0, 1, 2, 3].map((t) => Array.from({ length: width }, (_, j) => array[(2 * t + i) * width + j]));

describe('a round', () => {
  test('has what was seen and done, and the advantages of its definition, episodes going on from round to round', () => {
    const { envs, rollouts, training } = setUp();
    const { buffer } = rollouts;
    let truncations = 0;
    for (let round = 0; round < 6; round++) {
      rollouts.collect();
      envs.forEach(({ log }, i) => {
        const steps = log.slice(4 * round);
        expect(steps).toHaveLength(4);
        const taken = steps.map(({ action }) => action as number);
        expect(rowsOf(buffer.observations, i, 2)).toEqual(steps.map(({ seen }) => seen));
        expect(rowsOf(buffer.actions, i).flat()).toEqual(taken);
        expectClose(
          rowsOf(buffer.rewards, i).flat(),
          steps.map(({ reward }) => reward),
        );
        expectClose(
          rowsOf(buffer.values, i).flat(),
          steps.map(({ seen }) => valueOf(seen)),
        );
        const logProbabilities = steps.map(({ seen }, t) => {
          const logits = logitsOf(seen);
          return logits[taken[t]] - Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
        });
        expectClose(rowsOf(buffer.logProbabilities, i).flat(), logProbabilities);
        const advantages = advantagesOf(
          steps,
          steps.map(({ reward }) => reward),
          valueOf,
        );
        expectClose(rowsOf(buffer.advantages, i).flat(), advantages);
        expectClose(
          rowsOf(buffer.returns, i).flat(),
          advantages.map((a, t) => a + valueOf(steps[t].seen)),
        );
        truncations += steps.filter(({ truncated }) => truncated).length;
      });
    }
    expect(truncations).toBe(8);
    const { step, episodes, metrics } = rollouts.progress({ 'train/loss': 1 });
    expect([step, episodes, training.recorder.step]).toEqual([48, 16, 48]);
    expect(metrics).toMatchObject({ 'train/loss': 1 });
  });

  test('with normalized observations: by all that was seen so far, the last observation of an episode by the same', () => {
    const { envs, rollouts } = setUp({ normalizeObservation: true });
    const { buffer } = rollouts;
    /** What the statistics are of: observations acted on, in order. */
    const acted: (readonly number[])[] = [];
    for (let round = 0; round < 3; round++) {
      rollouts.collect();
      for (let t = 0; t < 4; t++) {
        const now = envs.map(({ log }) => log[4 * round + t]);
        acted.push(...now.map(({ seen }) => seen));
        const normalize = (x: readonly number[]): number[] =>
          x.map((each, j) => {
            // Mean 0 and variance 1 weigh 10⁻⁴ of an observation.
            const total = acted.length + 1e-4;
            const mean = acted.reduce((sum, row) => sum + row[j], 0) / total;
            const squares = acted.reduce((sum, row) => sum + (row[j] - mean) ** 2, 0) + 1e-4 * (1 + mean ** 2);
            return (each - mean) / Math.sqrt(squares / total);
          });
        now.forEach(({ seen, observation, truncated }, i) => {
          const row = 2 * t + i;
          expectClose(buffer.observations.subarray(2 * row, 2 * row + 2), normalize(seen));
          expect(buffer.values[row]).toBeCloseTo(valueOf(normalize(seen)), 4);
          if (truncated) expect(buffer.nextValues[row]).toBeCloseTo(valueOf(normalize(observation)), 4);
        });
      }
    }
  });

  test('with normalized rewards: by the deviation of the discounted return so far', () => {
    const { envs, rollouts } = setUp({ normalizeReward: true, steps: 12 });
    rollouts.collect();
    const returns: number[] = [];
    const running = [0, 0];
    for (let t = 0; t < 12; t++) {
      const now = envs.map(({ log }) => log[t]);
      now.forEach(({ reward }, i) => returns.push((running[i] = gamma * running[i] + reward)));
      const total = returns.length + 1e-4;
      const mean = returns.reduce((sum, x) => sum + x, 0) / total;
      const squares = returns.reduce((sum, x) => sum + (x - mean) ** 2, 0) + 1e-4 * (1 + mean ** 2);
      now.forEach(({ reward, terminated, truncated }, i) => {
        expect(rollouts.buffer.rewards[2 * t + i]).toBeCloseTo(reward / Math.sqrt(squares / total), 4);
        if (terminated || truncated) running[i] = 0;
      });
    }
  });

  test('with masks: they are kept, and actions are legal', () => {
    const { envs, env, rollouts } = setUp({ steps: 200 }, new Discrete(3), true);
    rollouts.collect();
    const { actions, actionMasks } = rollouts.buffer;
    expect(actionMasks).toHaveLength(3 * 400);
    actions.forEach((action, row) => {
      expect(actionMasks[3 * row + action]).toBe(1);
      expect(actionMasks.subarray(3 * row, 3 * row + 3).filter((legal) => legal === 0)).toHaveLength(1);
    });
    env.actionMasks!.fill(0, 3);
    envs[1].actionMask = () => new Uint8Array(3);
    expect(() => {
      rollouts.collect();
    }).toThrow(new RangeError('actionMasks: expected a legal action in each row, got none in row 1'));
  });
});

/** The first key of training, whose second number the draws are added to. */
const firstKey = new Int32Array(2);
programKeys(options.seed)(firstKey, 0);

/** Its actions are the number of the draw that they are made by, as the key tells. */
const keyed: ActorCritic = {
  ...noParameters,
  value,
  policy: (observations) => {
    const [batch] = observations.shape;
    const zeros = constant([batch, 1], new Float32Array(batch));
    return {
      ...gaussian(zeros, zeros),
      sample: (key) => {
        const second = cast(slice(add(key, constant([2], [0, -firstKey[1]], 'int32')), [1], [1]), 'float32');
        return broadcastTo(reshape(second, [1, 1]), [batch, 1]);
      },
    };
  },
};

test.each([
  [undefined, [0, 1, 2, 3, 4, 5, 6, 7]],
  [1, [0, 1, 2, 3, 4, 5, 6, 7]],
  [3, [0, 0, 0, 1, 2, 2, 2, 3]],
  [4, [0, 0, 0, 0, 1, 1, 1, 1]],
  [9, [0, 0, 0, 0, 1, 1, 1, 1]],
])(
  'stateDependentExploration %s: a new key in each round, and after so many steps',
  (stateDependentExploration, expected) => {
    const envs = [0, 100].map((start) => new Scripted(new Box(-100, 100, [1]), start));
    const env = vectorize((i) => withoutMask(envs[i]), 2);
    const training = new TrainingEnv(env, options.seed);
    training.begin(1000);
    const rollouts = new RolloutCollector(training, keyed, { ...options, stateDependentExploration });
    rollouts.collect();
    rollouts.collect();
    for (const { log } of envs) expect(log.map(({ action }) => (action as Float32Array)[0])).toEqual(expected);
  },
);

test('acting draws by keys of its own, and so does not change what is learned', () => {
  const setUpKeyed = () => {
    const env = vectorize((i) => withoutMask(new Scripted(new Box(-100, 100, [1]), 100 * i)), 2);
    const training = new TrainingEnv(env, options.seed);
    training.begin(1000);
    const rollouts = new RolloutCollector(training, keyed, options);
    const act = () => (rollouts.policy.act([0, 0], { deterministic: false }) as Float32Array)[0];
    const collect = () => {
      rollouts.collect();
      return [...rollouts.buffer.actions];
    };
    return { rollouts, act, collect };
  };
  const [one, other] = [setUpKeyed(), setUpKeyed()];
  expect([one.act(), one.act()]).toEqual([-1, -2]);
  expect([one.collect(), one.collect()]).toEqual([other.collect(), other.collect()]);
  expect(one.act()).toBe(-3);
  // A restored collector goes on with both.
  const restored = setUpKeyed();
  restored.rollouts.setState(one.rollouts.getState());
  expect([restored.act(), restored.act()]).toEqual([-4, -5]);
  expect(restored.collect()).toEqual(other.collect());
});

test('it acts with the best action unless asked to draw, on observations as the networks see them', () => {
  const { env, rollouts } = setUp({ normalizeObservation: true });
  rollouts.collect();
  const seen = [...env.observations.subarray(0, 2)];
  // What is seen first in the next round, whose statistics are hardly others.
  rollouts.collect();
  const logits = logitsOf([...rollouts.buffer.observations.subarray(0, 2)]);
  const best = logits.indexOf(Math.max(...logits));
  expect(rollouts.policy.act(seen)).toBe(best);
  expect(rollouts.policy.act(seen)).toBe(best);
  const draws = Array.from({ length: 200 }, () => rollouts.policy.act(seen, { deterministic: false }));
  expect(new Set(draws)).toEqual(new Set([0, 1, 2]));
});

describe('state', () => {
  test('a restored collector goes on with the same bits', () => {
    const everything = { normalizeObservation: true, normalizeReward: true, stateDependentExploration: 2 };
    const play = ({ rollouts }: ReturnType<typeof setUp>): number[] => {
      rollouts.collect();
      const { observations, actions, rewards, advantages } = rollouts.buffer;
      return [observations, actions, rewards, advantages].flatMap((each) => [...each]);
    };
    const whole = setUp(everything, new Discrete(3), true);
    play(whole);
    const other = setUp(everything, new Discrete(3), true);
    other.training.setState(whole.training.getState());
    other.rollouts.setState(whole.rollouts.getState());
    expect(other.training.recorder.step).toBe(8);
    expect([play(other), play(other)]).toEqual([play(whole), play(whole)]);
    expect(other.rollouts.getState()).toEqual(whole.rollouts.getState());
  });
});

describe('errors', () => {
  test('observations that have no mean cannot be normalized', () => {
    for (const space of [new MultiDiscrete([4, 4]), new Box(0, 255, [2], { dtype: 'uint8' })]) {
      const env = { ...withoutMask(new Scripted(new Discrete(3), 0)), observationSpace: space };
      expect(
        () =>
          new RolloutCollector(
            new TrainingEnv(
              vectorize(() => env, 1),
              0,
            ),
            networks,
            { ...options, normalizeObservation: true },
          ),
      ).toThrow(
        new RangeError(`normalizeObservation: expected observations of a float32 Box, got ${space.toString()}`),
      );
    }
  });

  test.each([false, true])('a reward that is not finite, with normalizeReward %s', (normalizeReward) => {
    const { env, rollouts } = setUp({ normalizeReward });
    const step = env.step.bind(env);
    (env as { step: VectorEnv['step'] }).step = (actions) => {
      step(actions);
      env.rewards[1] = Infinity;
    };
    const before = rollouts.getState();
    expect(() => {
      rollouts.collect();
    }).toThrow(new EnvError('reward of environment 1 is Infinity, expected a finite number'));
    // Nothing was learned of it.
    expect(rollouts.getState().rewardNormalizer).toEqual(before.rewardNormalizer);
  });
});
