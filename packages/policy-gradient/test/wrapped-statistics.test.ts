import {
  CheckpointError,
  EnvError,
  RunningNormalizer,
  evaluate,
  vectorize,
  type Checkpoint,
  type Env,
  type StateDict,
  type VectorEnv,
} from '@gradus/core';
import {
  frameStack,
  makeEnv,
  makeVectorEnv,
  normalizeObservation,
  normalizeReward,
  timeLimit,
  transformObservation,
} from '@gradus/envs';
import { Ppo, RecurrentPpo, type PpoOptions } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

const options: Partial<PpoOptions> = { hidden: [8], steps: 32, batchSize: 32, epochs: 2 };
const id = 'Pendulum-v1';

function trained(env: Env | VectorEnv): Ppo {
  const agent = new Ppo(env, options);
  Array.from(agent.learn({ steps: 256 }));
  return agent;
}

/** Raw observations of a pendulum: cos, sin, velocity. */
const raw = Float32Array.from({ length: 5 * 3 }, (_, i) => Math.sin(7 * i) * (i % 3 === 2 ? 8 : 1));

function normalized(rows: Float32Array, { mean, variance }: RunningNormalizer): Float32Array {
  return rows.map((x, i) => (x - mean[i % mean.length]) / Math.sqrt(variance[i % mean.length] + 1e-8));
}

function actions(agent: Pick<Ppo, 'actBatch'>, observations: Float32Array, isNormalized?: boolean): Float32Array {
  const result = new Float32Array(5);
  agent.actBatch(observations, result, { isNormalized });
  return result;
}

function savedStatistics({ state }: Checkpoint): StateDict {
  return (state.training as StateDict).statistics as StateDict;
}

function statisticsState(env: Env | VectorEnv): object {
  return Object.fromEntries(
    Object.entries(env.statistics ?? {}).map(([name, each]) => [name, each.map((one) => one.getState())]),
  );
}

describe('an agent that was trained behind normalizers', () => {
  const env = normalizeReward(normalizeObservation(makeVectorEnv(id, 2)));
  const agent = trained(env);
  const checkpoint = agent.checkpoint();
  const [statistics] = agent.statistics.observation;

  test('is saved with their statistics by name', () => {
    expect(Object.keys(savedStatistics(checkpoint))).toEqual(['observation', 'reward']);
    expect(savedStatistics(checkpoint)).toEqual(statisticsState(env));
    expect(statistics.mean[0]).not.toBe(0);
  });

  test('normalizes raw observations where it is loaded without an environment', () => {
    const loaded = Ppo.load(checkpoint);
    const expected = actions(agent, normalized(raw, statistics));
    expect(new Set(expected).size).toBe(5);
    expect(actions(loaded, raw)).toEqual(expected);
    expect(loaded.act(raw.slice(0, 3))).toEqual(expected.slice(0, 1));
    expect(actions(loaded, normalized(raw, statistics), true)).toEqual(expected);
    expect(actions(agent, raw, false)).toEqual(expected);
    expect(actions(agent, raw)).not.toEqual(expected);
    for (const inside of [loaded.stateValue(raw), loaded.actionDistribution(raw)]) {
      const there = ArrayBuffer.isView(inside) ? agent.stateValue : agent.actionDistribution;
      expect(inside).toEqual(there(normalized(raw, statistics)));
    }
  });

  test('is saved from there as it was', () => {
    const again = Ppo.load(checkpoint).checkpoint();
    expect(savedStatistics(again)).toEqual(savedStatistics(checkpoint));
    expect(actions(Ppo.load(again), raw)).toEqual(actions(Ppo.load(checkpoint), raw));
  });

  test('scores the same however it is evaluated, and learns nothing there', () => {
    const before = statisticsState(env);
    const frozen = normalizeObservation(makeVectorEnv(id, 3), { statistics, update: false });
    const how = { episodes: 3, seed: 1 };
    const expected = evaluate({ actBatch: agent.actBatch.bind(agent), act: agent.act.bind(agent) }, frozen, how);
    const loaded = Ppo.load(checkpoint);
    for (const each of [agent, loaded]) {
      const wrapped = normalizeReward(normalizeObservation(makeVectorEnv(id, 3)));
      expect(evaluate(each, wrapped, how)).toEqual(expected);
      // The environment has what it had.
      expect(statisticsState(wrapped)).toEqual({
        observation: [new RunningNormalizer(3, Infinity).getState()],
        reward: [new RunningNormalizer(1).getState()],
      });
      expect(evaluate(each, makeVectorEnv(id, 3), how)).toEqual(expected);
      const shared = normalizeObservation(makeVectorEnv(id, 3), { statistics });
      expect(evaluate(each, shared, how)).toEqual(expected);
      expect(
        evaluate(
          each,
          vectorize(() => normalizeObservation(makeEnv(id)), 3),
          how,
        ),
      ).toEqual(expected);
      expect(evaluate(each, normalizeObservation(makeEnv(id)), how)).toEqual(evaluate(each, makeEnv(id), how));
    }
    expect(statisticsState(env)).toEqual(before);
  });

  test('gives them to the environment that it is loaded with, where they go on', () => {
    for (const copies of [2, 3]) {
      const other = normalizeReward(normalizeObservation(makeVectorEnv(id, copies)));
      const loaded = Ppo.load(checkpoint, { env: other, steps: 32 * (3 - copies) + 32, batchSize: 32 });
      expect(loaded.resumed).toBe(copies === 2 ? 'exactly' : 'with new episodes');
      expect(statisticsState(other)).toEqual(statisticsState(env));
      expect(actions(loaded, normalized(raw, statistics))).toEqual(actions(agent, normalized(raw, statistics)));
      Array.from(loaded.learn({ moreSteps: 64 }));
      for (const [name, each] of Object.entries(statisticsState(other))) {
        expect((each as StateDict[])[0].count).toBeGreaterThan(
          Number((savedStatistics(checkpoint)[name] as StateDict[])[0].count),
        );
      }
    }
    const frozen = normalizeReward(normalizeObservation(makeVectorEnv(id, 2), { update: false }));
    Array.from(Ppo.load(checkpoint, { env: frozen }).learn({ moreSteps: 64 }));
    expect(frozen.statistics?.observation[0].getState()).toEqual(statistics.getState());
  });

  test.each<[string, () => Env | VectorEnv, string]>([
    ['none', () => makeVectorEnv(id, 2), 'nothing'],
    ['some', () => normalizeObservation(makeEnv(id)), 'observation'],
  ])('is not loaded with an environment that has %s of them', (_, make, got) => {
    expect(() => Ppo.load(checkpoint, { env: make() })).toThrow(
      new CheckpointError(
        `environment: expected wrappers with statistics as in training, of observation and reward, got an environment with those of ${got}`,
      ),
    );
  });

  test('is refused by an evaluation that normalizes what it has seen raw', () => {
    const plain = trained(makeEnv(id));
    expect(() => evaluate(plain, normalizeObservation(makeEnv(id)))).toThrow(
      new EnvError(
        'environment: expected observations that are normalized as in training, by nothing, or not at all, got normalized by observation',
      ),
    );
  });
});

test('an environment without getState saves them too', () => {
  const env = makeEnv(id);
  const withoutState: Env = {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: (how) => env.reset(how),
    step: (action) => env.step(action),
  };
  const agent = trained(normalizeObservation(withoutState));
  const checkpoint = agent.checkpoint();
  expect((checkpoint.state.training as StateDict).env).toBe(null);
  expect(actions(Ppo.load(checkpoint), raw)).toEqual(actions(agent, normalized(raw, agent.statistics.observation[0])));
});

describe('copies with statistics of their own', () => {
  const copies = (n: number): VectorEnv =>
    vectorize((i) => normalizeObservation(timeLimit(makeEnv(id), 20 + 30 * i)), n);
  const agent = trained(copies(3));
  const checkpoint = agent.checkpoint();
  const own = agent.statistics.observation;

  test('keep them where they are as many', () => {
    expect(own.length).toBe(3);
    expect(own[0].mean).not.toEqual(own[1].mean);
    const loaded = Ppo.load(checkpoint, { env: copies(3) });
    expect(loaded.statistics.observation.map((each) => each.getState())).toEqual(own.map((each) => each.getState()));
  });

  test('else each has those of all together, which an agent without an environment acts by', () => {
    const counts = own.map((each) => Number(each.getState().count));
    const total = counts.reduce((sum, count) => sum + count);
    const over = (of: (each: RunningNormalizer) => number): number =>
      own.reduce((sum, each, i) => sum + (counts[i] / total) * of(each), 0);
    const mean = Float64Array.from({ length: 3 }, (_, j) => over((each) => each.mean[j]));
    // E[x²] − E[x]²
    const variance = mean.map((center, j) => over((each) => each.variance[j] + each.mean[j] ** 2) - center ** 2);
    for (const each of Ppo.load(checkpoint, { env: copies(2) }).statistics.observation) {
      expect(each.getState().count).toBeCloseTo(total, 8);
      for (let j = 0; j < 3; j++) {
        expect(each.mean[j]).toBeCloseTo(mean[j], 12);
        expect(each.variance[j]).toBeCloseTo(variance[j], 12);
      }
    }
    const together = normalized(raw, Object.assign(new RunningNormalizer(3), { mean, variance }));
    actions(Ppo.load(checkpoint), raw).forEach((action, i) =>
      expect(action).toBeCloseTo(actions(agent, together)[i], 5),
    );
  });
});

describe('other wrappers around the normalizer', () => {
  test('stacks of normalized frames are normalized frame by frame', () => {
    const agent = new RecurrentPpo(frameStack(normalizeObservation(makeVectorEnv(id, 2)), 4), {
      hidden: [4],
      cellSize: 4,
      steps: 16,
      batchSize: 16,
      sequenceLength: 4,
    });
    Array.from(agent.learn({ steps: 64 }));
    const loaded = RecurrentPpo.load(agent.checkpoint());
    const stack = Float32Array.from({ length: 12 }, (_, i) => raw[i]);
    const episodeStarts = Uint8Array.of(1);
    expect(loaded.act(stack, { episodeStarts })).toEqual(
      agent.act(normalized(stack, agent.statistics.observation[0]), { episodeStarts }),
    );
    const how = { episodes: 2, seed: 1 };
    expect(evaluate(loaded, frameStack(makeEnv(id), 4), how)).toEqual(
      evaluate(agent, frameStack(normalizeObservation(makeEnv(id)), 4), how),
    );
  });

  test('what a function makes of normalized observations is known with such an environment alone', () => {
    const make = (): Env =>
      transformObservation(normalizeObservation(makeEnv(id)), (observation) =>
        Float32Array.from(observation as Float32Array, (x) => Math.min(Math.max(x, -2), 2)),
      );
    const agent = trained(make());
    expect(Object.keys(agent.statistics)).toEqual(['inner observation']);
    const loaded = Ppo.load(agent.checkpoint());
    expect(() => loaded.act([1, 0, 0])).toThrow(
      new EnvError(
        'act: the observations of training were changed by another wrapper after they had been normalized; load the agent with an environment that is wrapped alike',
      ),
    );
    const shown = Float32Array.of(1, -1, 0.5);
    expect(loaded.act(shown, { isNormalized: true })).toEqual(agent.act(shown));
    const how = { episodes: 2, seed: 1 };
    const expected = evaluate(agent, make(), how);
    expect(evaluate(loaded, make(), how)).toEqual(expected);
    expect(evaluate(Ppo.load(agent.checkpoint(), { env: make() }), make(), how)).toEqual(expected);
    expect(() => evaluate(agent, normalizeObservation(makeEnv(id)))).toThrow(
      'by inner observation, or not at all, got normalized by observation',
    );
  });
});
