import { CheckpointError, EnvError, MultiDiscrete, type Env, type StepResult } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { NStepSarsa, QLambda, QLearning, Sarsa, SarsaLambda, epsilonGreedy, visitStepSize } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { oneStepEnv } from '../support/one-step-env.ts';

describe('bad input is named:', () => {
  const make = (options: object) => () => new QLearning(makeEnv('Taxi-v4'), options);

  test('options', () => {
    expect(make({ alfa: 1 })).toThrow("q-learning: unknown option 'alfa'; did you mean 'alpha'?");
    expect(make({ gamma: 7 })).toThrow(new RangeError('q-learning: expected gamma to be a number in [0, 1], got 7'));
    expect(make({ alpha: 1.5 })).toThrow(/^q-learning: expected alpha to be .*visitStepSize.*, got 1.5$/);
    expect(make({ alpha: { kind: 'visits', exponent: -1, offset: 0 } })).toThrow(/^q-learning: expected alpha to be /);
    expect(make({ exploration: { kind: 'epsilon-greedy', level: 2 } })).toThrow(
      /^q-learning: expected exploration to be .*"level":2/,
    );
    expect(make({ exploration: { kind: 'boltzmann', level: 0 } })).toThrow(
      /^q-learning: expected exploration to be .*"level":0/,
    );
    expect(() => epsilonGreedy(2)).toThrow(/^epsilonGreedy: expected epsilon to be a number in .*, got 2$/);
    expect(make({ exploration: 0.1 })).toThrow(/^q-learning: expected exploration to be /);
    const until = 'expected until to be a number in (0, 1], got 0';
    expect(
      make({ exploration: { kind: 'epsilon-greedy', level: { kind: 'linear', from: 1, to: 0, until: 0 } } }),
    ).toThrow(until);
    expect(make({ alpha: { kind: 'linear', from: 1, to: 0, until: 0 } })).toThrow(until);
    const more = { ...epsilonGreedy(0.1), ...{ epsilon: 0.1 } };
    expect(make({ exploration: more })).toThrow(/^q-learning: expected exploration to be /);
    expect(make({ alpha: { ...visitStepSize(), ...{ power: 1 } } })).toThrow(/^q-learning: expected alpha to be /);
    expect(() => new NStepSarsa(makeEnv('Taxi-v4'), { nSteps: 0 })).toThrow(
      new RangeError('n-step-sarsa: expected nSteps to be a positive integer, got 0'),
    );
    expect(() => new QLambda(makeEnv('Taxi-v4'), { variant: 'peng', traces: 'dutch' })).toThrow(
      new RangeError("q-lambda: expected traces to be 'accumulating' or 'replacing' with variant 'peng', got 'dutch'"),
    );
  });

  test('environments', () => {
    expect(() => new Sarsa(makeEnv('CartPole-v1'))).toThrow(
      /^sarsa: expected Discrete or MultiDiscrete observations, as rows of a table, got Box\(/,
    );
    expect(() => new Sarsa(makeEnv('Pendulum-v1'))).toThrow(
      new RangeError('sarsa: expected an environment with Discrete actions, got Box(-2, 2, [1])'),
    );
    expect(() => new Sarsa(makeVectorEnv('Taxi-v4', 2))).toThrow(
      new RangeError('sarsa: expected one copy of the environment, got 2'),
    );
    const huge = { ...oneStepEnv({}), observationSpace: new MultiDiscrete([5000, 5000]) };
    expect(() => new Sarsa(huge)).toThrow(
      new RangeError('sarsa: expected at most 16777216 states, got 25000000 of MultiDiscrete([5000, 5000])'),
    );
  });

  test.each<[Partial<StepResult<number>>, string]>([
    [{ reward: NaN }, 'reward of environment 0 is NaN, expected a finite number'],
    [{ observation: 2 }, 'observation of environment 0 is 2, expected an integer in [0, 1]'],
  ])('what a step returns: %j', (result, message) => {
    expect(() => Array.from(new Sarsa(oneStepEnv(result)).learn({ steps: 5 }))).toThrow(new EnvError(message));
  });

  test('rewards of environments that nobody else checks', () => {
    const env = makeVectorEnv('Taxi-v4', 1);
    const step = env.step.bind(env);
    env.step = (actions) => {
      step(actions);
      env.rewards[0] = Infinity;
    };
    expect(() => Array.from(new Sarsa(env).learn({ steps: 5 }))).toThrow(
      new EnvError('reward of environment 0 is Infinity, expected a finite number'),
    );
  });

  test('masks without a legal action', () => {
    let mask = [1, 1];
    const env: Env<number, number> = { ...oneStepEnv({ truncated: false }), actionMask: () => Uint8Array.from(mask) };
    const message = 'actionMasks: expected a legal action in each row, got none in row 0';
    const agent = new Sarsa(env);
    Array.from(agent.learn({ steps: 5 }));
    mask = [0, 0];
    expect(() => Array.from(agent.learn({ steps: 10 }))).toThrow(new RangeError(message));
    expect(() => Array.from(new Sarsa(env).learn({ steps: 5 }))).toThrow(new RangeError(message));
  });

  test('checkpoints', () => {
    const { algorithm, files, state } = new SarsaLambda(makeEnv('Taxi-v4')).checkpoint();
    expect(() => Sarsa.restore({ algorithm, files, state }, makeEnv('Taxi-v4'))).toThrow(
      new CheckpointError("checkpoint: expected algorithm 'sarsa', got 'sarsa-lambda'"),
    );
    expect(() => SarsaLambda.restore({ algorithm, files, state }, makeEnv('FrozenLake-v1'))).toThrow(
      new CheckpointError(
        "load: what was saved does not fit with observations Discrete(16), which were Discrete(500) or actions Discrete(4), which were Discrete(6): state 'actionValues': expected Float64Array(64), got Float64Array(3000)",
      ),
    );
    expect(() =>
      SarsaLambda.restore({ algorithm, files, state: { ...state, episode: {} } }, makeEnv('Taxi-v4')),
    ).toThrow(CheckpointError);
  });

  test('an environment that cannot be saved: the agent acts, and goes on with new episodes', () => {
    const agent = new Sarsa(oneStepEnv({}));
    Array.from(agent.learn({ steps: 5 }));
    const restored = Sarsa.restore(agent.checkpoint(), oneStepEnv({}));
    expect(restored.act(0)).toBe(agent.act(0));
    expect(restored.resumed).toBe('with new episodes');
    expect(Array.from(restored.learn({ steps: 10 })).at(-1)?.step).toBe(10);
  });
});
