import { Random, RunningNormalizer, readState, spaceFromJson, type Env, type StateDict } from '@gradus/core';
import { normalizeObservation } from '@gradus/envs';
import { importAgent } from '@gradus/stable-baselines3';
import { describe, expect, test } from 'vitest';
import { expectClose, expected, fixture } from './fixtures.ts';

/** Episodes of eight steps, of random observations and rewards. */
async function envOf(name: string): Promise<Env> {
  const { agent } = await importAgent(fixture(`${name}.zip`));
  const spaces = readState(agent.checkpoint({ saveReplay: false }).state, 'env');
  const [observationSpace, actionSpace] = [spaces.observationSpace, spaces.actionSpace].map((json) =>
    spaceFromJson(json, 'space'),
  );
  const random = new Random(1);
  let step = 0;
  const masks = actionSpace.kind === 'discrete' ? new Uint8Array(actionSpace.n).fill(1) : undefined;
  return {
    observationSpace,
    actionSpace,
    ...(name === 'maskable-ppo' && masks && { actionMask: () => masks }),
    reset: () => {
      step = 0;
      return { observation: observationSpace.sample(random), info: {} };
    },
    step: () => {
      const terminated = ++step === 8;
      return {
        observation: observationSpace.sample(random),
        reward: random.normal(),
        terminated,
        truncated: false,
        info: {},
      };
    },
  };
}

const names = [
  'ppo-choices',
  'ppo-real',
  'ppo-noise',
  'maskable-ppo',
  'a2c-choices',
  'a2c-bits',
  'trpo-real',
  'recurrent-ppo',
  'dqn',
  'qrdqn',
  'sac',
  'sac-noise',
  'tqc',
  'td3',
  'ddpg',
  'ars-linear',
  'ars-network',
];

test.each(names)('%s goes on learning, from where it was', async (name) => {
  const { agent } = await importAgent(fixture(`${name}.zip`), { env: await envOf(name) });
  const before = agent.checkpoint({ saveReplay: false });
  const first = agent.step;
  expect(first).toBe(4096);
  for (const progress of agent.learn({ moreSteps: 96 })) expect(progress.step).toBeGreaterThan(first);
  const after = agent.checkpoint({ saveReplay: false });
  const isSearch = agent.algorithm === 'ars';
  const learned = (state: StateDict): unknown => readState(readState(state, 'search'), 'memory').mean;
  if (isSearch) expect(learned(after.state)).not.toEqual(learned(before.state));
  else expect(after.files).not.toEqual(before.files);
});

describe('observations are normalized as VecNormalize does', () => {
  const { observations, normalized, narrow } = expected.vecnormalize;
  const first = Float32Array.from(observations.slice(0, 4));
  const vecNormalize = fixture('vecnormalize.pkl');
  const means = async (options: object, observation: readonly number[]): Promise<ArrayLike<number>> => {
    const { agent } = await importAgent(fixture('ppo-real.zip'), options);
    return agent.act(observation) as Float32Array;
  };

  test('by the agent itself, with the usual limit', async () => {
    const { agent } = await importAgent(fixture('ppo-real.zip'), { vecNormalize });
    expect(agent).toMatchObject({ options: { normalizeObservation: true, normalizeReward: true } });
    expectClose(agent.act(first) as Float32Array, [...((await means({}, normalized.slice(0, 4))) as Float32Array)]);
    const rollouts = readState(agent.checkpoint().state, 'rollouts');
    const { mean, variance, count } = readState(readState(rollouts, 'rewardNormalizer'), 'statistics');
    expect([mean, variance, count]).toEqual([Float64Array.of(3.5), Float64Array.of(9), 4096.0001]);
  });

  test('as wrappers of the environment would, with another limit', async () => {
    const limited = { vecNormalize: fixture('vecnormalize-narrow.pkl') };
    const { agent } = await importAgent(fixture('ppo-real.zip'), limited);
    expect(agent).toMatchObject({ options: { normalizeObservation: false, normalizeReward: false } });
    expectClose(agent.act(first) as Float32Array, [...((await means({}, narrow.slice(0, 4))) as Float32Array)]);
    const env = await envOf('ppo-real');
    await expect(importAgent(fixture('ppo-real.zip'), { ...limited, env })).rejects.toThrow(
      'expected wrappers with statistics as in training, of observation',
    );
    const wrapped = normalizeObservation(env, { statistics: new RunningNormalizer(4, 1.5) });
    const { agent: learner } = await importAgent(fixture('ppo-real.zip'), { ...limited, env: wrapped });
    for (const progress of learner.learn({ moreSteps: 64 })) expect(progress.step).toBe(4160);
  });

  test('for algorithms that do not normalize', async () => {
    const options = { vecNormalize: fixture('vecnormalize-3.pkl') };
    const { agent, leftOut } = await importAgent(fixture('sac.zip'), options);
    expect(agent.statistics?.observation[0].mean).toHaveLength(3);
    expect(leftOut).toContainEqual(expect.stringContaining('norm_reward'));
  });

  test('statistics of another space are refused', async () => {
    await expect(importAgent(fixture('sac.zip'), { vecNormalize })).rejects.toThrow(
      'vecnormalize.pkl: obs_rms: expected statistics of the 3 numbers of Box(-1, 1, [3]), got those of 4',
    );
  });
});
