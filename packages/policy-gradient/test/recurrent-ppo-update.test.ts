import { Discrete, RolloutBuffer, vectorize, type Agent } from '@gradus/core';
import { RecurrentPpo, type RecurrentPpoOptions } from '@gradus/policy-gradient';
import { decodeSafetensors } from '@gradus/tensor';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { advantagesOf } from './support/reference-ppo.ts';
import {
  ReferenceRecurrentPpo,
  look,
  type RecurrentPolicy,
  type Sequence,
  type Theta,
} from './support/reference-recurrent-ppo.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const LENGTH = 4;
const ROUND = 16;
/** Two copies, episodes of three steps: sequences of four have starts in them, and rounds of eight begin within episodes. */
const options: Partial<RecurrentPpoOptions> = {
  cellSize: 2,
  hidden: [],
  steps: 8,
  batchSize: 8,
  sequenceLength: LENGTH,
  epochs: 2,
  learningRate: 0.05,
  gamma: 0.9,
  gaeLambda: 0.8,
  clipRange: 0.1,
  clipRangeValue: 0.1,
  entropyCoefficient: 0.02,
  valueCoefficient: 0.7,
  maxGradNorm: 0.5,
  seed: 5,
};

function thetaOf(agent: Agent): Theta {
  const tensors = decodeSafetensors(agent.checkpoint().files['parameters.safetensors']);
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));
}

/** Fills the list it returns with the sequences of every minibatch. */
function recordSequences(): Sequence[][] {
  const minibatches: Sequence[][] = [];
  const gather = Reflect.get(RolloutBuffer.prototype, 'gather');
  vi.spyOn(RolloutBuffer.prototype, 'gather').mockImplementation(function (this: RolloutBuffer, start, end, batch) {
    gather.call(this, start, end, batch);
    const inputs = batch as Required<typeof batch>;
    const count = (end - start) / LENGTH;
    const rowsOf = (values: ArrayLike<number>, i: number, of: number): number[] => {
      const width = values.length / of;
      return Array.from(values).slice(i * width, (i + 1) * width);
    };
    const sequences = Array.from({ length: count }, (_, s) => ({
      memory: rowsOf(inputs.memories, s, count),
      rows: Array.from({ length: LENGTH }, (__, step) => {
        const i = s * LENGTH + step;
        return {
          observation: rowsOf(inputs.observations, i, end - start),
          episodeStart: inputs.episodeStarts[i],
          action: inputs.actions[i],
          logProbability: inputs.logProbabilities[i],
          value: inputs.values[i],
          advantage: inputs.advantages[i],
          return: inputs.returns[i],
        };
      }),
    }));
    minibatches.push(sequences);
  });
  return minibatches;
}

function setUp(cell: RecurrentPolicy['cell'], changes: Partial<RecurrentPpoOptions> = {}) {
  const envs: ScriptedEnv[] = [];
  const env = vectorize((index) => (envs[index] = new ScriptedEnv(new Discrete(3), 1000 * index)), 2);
  const agent = new RecurrentPpo(env, { ...options, cell, ...changes });
  const policy: RecurrentPolicy = { cell, inputs: 2, cellSize: 2, actions: 3 };
  return { agent, envs, policy };
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i] - value), `[${i}]: ${actual[i]} and ${value}`).toBeLessThan(tolerance);
  });
}

describe.each(['lstm', 'gru'] as const)('%s', (cell) => {
  test('parameters are those of a float64 implementation, whose gradients are central differences', () => {
    const minibatches = recordSequences();
    const { agent, policy } = setUp(cell);
    const reference = new ReferenceRecurrentPpo(policy, thetaOf(agent));
    const loss = { clipRange: 0.1, clipRangeValue: 0.1, entropyCoefficient: 0.02, valueCoefficient: 0.7 };
    let seen = 0;
    let clipped = 0;
    for (const { metrics } of agent.learn({ steps: 2 * ROUND })) {
      for (const sequences of minibatches.slice(seen)) reference.update(sequences, loss, 0.05, 0.5);
      seen = minibatches.length;
      clipped += metrics['train/clip_fraction'];
      const theta = thetaOf(agent);
      expectClose(Object.values(theta).flat(), Object.values(reference.theta).flat(), 2e-4);
    }
    expect(seen).toBe(8);
    expect(clipped).toBeGreaterThan(0);
    expect(minibatches.flat().some(({ rows }) => rows.slice(1).some((row) => row.episodeStart === 1))).toBe(true);
    expect(minibatches.flat().some(({ memory }) => memory.some((x) => x !== 0))).toBe(true);
  });

  test('what was chosen depends on the whole episode and on nothing before it, over rounds and behind truncations', () => {
    const minibatches = recordSequences();
    const { agent, envs, policy } = setUp(cell, { learningRate: 0, epochs: 1 });
    const theta = thetaOf(agent);
    Array.from(agent.learn({ steps: 3 * ROUND }));
    const rows = minibatches.flat().flatMap((sequence) => sequence.rows);
    expect(rows).toHaveLength(3 * ROUND);
    for (const { log } of envs) {
      // Values of observations, each as it was remembered in its episode; they never repeat.
      const values = new Map<string, number>();
      let memory: number[] = [];
      log.forEach(({ observation, action, nextObservation, terminated, truncated }, k) => {
        const begins = k === 0 || log[k - 1].terminated || log[k - 1].truncated;
        if (begins) memory = new Array<number>(cell === 'lstm' ? 8 : 4).fill(0);
        const now = look(policy, theta, observation, memory);
        memory = now.memory;
        values.set(observation.join(), now.value);
        if (terminated || truncated || k === log.length - 1) {
          values.set(nextObservation.join(), look(policy, theta, nextObservation, memory).value);
        }
        const row = rows.find((each) => each.observation.join() === observation.join())!;
        expect(row.action).toBe(action[0]);
        expectClose([row.logProbability, row.value], [now.logProbabilities[action[0]], now.value], 1e-6);
      });
      // Advantages of each round by themselves, as rounds end within episodes.
      for (let start = 0; start < log.length; start += 8) {
        const part = log.slice(start, start + 8);
        const expected = advantagesOf(part, (observation) => values.get(observation.join())!, 0.9, 0.8);
        const actual = part.map(({ observation }) => {
          return rows.find((each) => each.observation.join() === observation.join())!.advantage;
        });
        expectClose(actual, expected, 1e-5);
      }
    }
  });
});

test('on the first minibatch the ratio is 1: no divergence, nothing clipped', () => {
  const { agent } = setUp('lstm', { epochs: 1, batchSize: ROUND });
  for (const { metrics } of agent.learn({ steps: ROUND })) {
    expect(metrics['train/clip_fraction']).toBe(0);
    expect(Math.abs(metrics['train/approx_kl'])).toBeLessThan(1e-6);
  }
});
