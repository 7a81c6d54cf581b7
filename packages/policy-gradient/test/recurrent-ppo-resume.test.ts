import { consecutiveSeeds, decodeCheckpoint, encodeCheckpoint, evaluate, linear, type Metrics } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { RecurrentPpo, type RecurrentPpoOptions } from '@gradus/policy-gradient';
import { defaultDevice, device, type Device } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';

/** WebAssembly, and native kernels where they are. */
const devices = [...new Set<Device>([device('wasm'), defaultDevice()])];
const shared: Partial<RecurrentPpoOptions> = {
  steps: 8,
  batchSize: 8,
  sequenceLength: 4,
  epochs: 2,
  cellSize: 5,
  hidden: [6],
  learningRate: linear(1e-2, 0),
  normalizeObservation: true,
  normalizeReward: true,
  seed: 7,
};
const runs = {
  'LSTM, discrete actions': { id: 'CartPoleNoVel-v1', options: shared },
  'GRU, continuous actions, whole rounds': {
    id: 'PendulumNoVel-v1',
    options: { ...shared, cell: 'gru', sequenceLength: null, stateDependentExploration: 4 } as const,
  },
};
const NUM_ENVS = 3;
const ROUND = 8 * NUM_ENVS;
const STEPS = 6 * ROUND;
const cases = devices.flatMap((on) => Object.entries(runs).map(([name, run]) => ({ name, ...run, on })));

/** Learns up to step `until` of a training of `STEPS`; the metrics of each round, but for the speed. */
function learn(agent: RecurrentPpo, until: number = STEPS): Metrics[] {
  const rounds: Metrics[] = [];
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    rounds.push({ ...metrics, 'time/steps_per_second': 0 });
    if (step >= until) break;
  }
  return rounds;
}

describe.each(cases)('$name, on $on.name', ({ id, options, on }) => {
  const make = (changes: Partial<RecurrentPpoOptions> = {}): RecurrentPpo =>
    new RecurrentPpo(makeVectorEnv(id, NUM_ENVS), { ...options, ...changes, device: on });

  test('the same seed gives the same bits', () => {
    const [first, second, other] = [make(), make(), make({ seed: 8 })];
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.checkpoint().files).not.toEqual(first.checkpoint().files);
  });

  test('stopped in the middle of episodes, saved and resumed is the same as not interrupted, bit for bit', () => {
    const whole = make();
    const metrics = learn(whole);
    const begun = make();
    const before = learn(begun, 3 * ROUND);
    const env = makeVectorEnv(id, NUM_ENVS);
    const resumed = RecurrentPpo.restore(decodeCheckpoint(encodeCheckpoint(begun.checkpoint())), env, { device: on });
    // Some copy is in an episode that it remembers.
    expect(Array.from(env.terminated).includes(0)).toBe(true);
    expect([...before, ...learn(resumed)]).toEqual(metrics);
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
  });
});

test('acting changes nothing that is learned, and what was seen before changes no evaluation', () => {
  const agent = new RecurrentPpo(makeVectorEnv('CartPoleNoVel-v1', NUM_ENVS), shared);
  learn(agent, 2 * ROUND);
  const before = agent.checkpoint();
  const play = (): readonly number[] => {
    const together = evaluate(agent, makeVectorEnv('CartPoleNoVel-v1', 4), { episodes: 8, seed: 1 }).returns;
    return [...together, ...evaluate(agent, makeEnv('CartPoleNoVel-v1'), { episodes: 2, seed: 1 }).returns];
  };
  const returns = play();
  agent.act([0.1, 0, 0.1, 0]);
  agent.actBatch(new Float32Array(16).fill(0.05), new Int32Array(4));
  expect(play()).toEqual(returns);
  expect(agent.checkpoint()).toStrictEqual(before);
});

test('one environment plays what the same one among copies plays', () => {
  const agent = new RecurrentPpo(makeVectorEnv('CartPoleNoVel-v1', NUM_ENVS), shared);
  learn(agent);
  const vector = makeVectorEnv('CartPoleNoVel-v1', 3);
  vector.reset({ seed: consecutiveSeeds(40, 3) });
  const together = evaluate(agent, vector, { episodes: 6 }).returns;
  const alone = [40, 41, 42].flatMap((seed) => {
    const env = makeEnv('CartPoleNoVel-v1');
    env.reset({ seed });
    return evaluate(agent, env, { episodes: 2 }).returns;
  });
  expect([...together].sort()).toEqual(alone.sort());
});
