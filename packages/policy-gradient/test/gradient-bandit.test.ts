import { CheckpointError, Discrete, EnvError, evaluate, loadAgent, readState, type Env } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { GradientBandit, Ppo, gradientBanditDefaults, type GradientBanditOptions } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

/** Always the same context, arms that pay exactly `values`. */
function arms(values: readonly number[], context = 0, numContexts = 1): Env<number, number> {
  return {
    observationSpace: new Discrete(numContexts),
    actionSpace: new Discrete(values.length),
    reset: () => ({ observation: context }),
    step: (action) => ({ observation: context, reward: values[action], terminated: true, truncated: false }),
  };
}

describe('the update', () => {
  const values = [3, -1, 0.5];
  const preferences = [0.4, -0.2, 0.1];
  const total = preferences.reduce((sum, h) => sum + Math.exp(h), 0);
  const policy = preferences.map((h) => Math.exp(h) / total);

  /** What one pull changes, for each arm: seeds are tried until it is drawn. */
  function changes(baseline: number, context: number): number[][] {
    return values.map((_, arm) => {
      for (let seed = 0; seed < 1000; seed++) {
        const agent = new GradientBandit(arms(values, context, 2), { baseline, seed });
        agent.policy.parameters.set([...preferences, ...preferences]);
        const { value: progress } = agent.learn({ steps: 1 }).next();
        if (progress?.episodeReturn !== values[arm]) continue;
        return Array.from(agent.policy.parameters, (h, i) => h - preferences[i % 3]);
      }
      throw new Error(`arm ${arm} was never drawn`);
    });
  }

  // E[ΔH_a] = α ∂E[R]/∂H_a = α π(a) (q(a) − Σ_b π(b) q(b)), whatever the baseline is.
  test.each([0, 2.5, -1])('is the exact gradient on average, with baseline %d', (baseline) => {
    const mean = policy.reduce((sum, p, a) => sum + p * values[a], 0);
    const each = changes(baseline, 1);
    policy.forEach((p, a) => {
      const average = each.reduce((sum, change, drawn) => sum + policy[drawn] * change[3 + a], 0);
      expect(Math.abs(average - 0.1 * p * (values[a] - mean))).toBeLessThan(1e-12);
    });
    // The other context learns nothing.
    for (const change of each) expect(change.slice(0, 3)).toEqual([0, 0, 0]);
  });

  test("by hand, with the mean of the rewards before: Sutton and Barto's R̄", () => {
    // A single arm that matters: rewards 1, then 5, in both of two arms, with α = ½ and π = ½, ½.
    let reward = 1;
    const env: Env<number, number> = {
      ...arms([0, 0]),
      step: () => ({ observation: 0, reward, terminated: true, truncated: false }),
    };
    const agent = new GradientBandit(env, { alpha: 0.5 });
    agent.learn({ steps: 1 }).next();
    expect([...agent.policy.parameters]).toEqual([0, 0]);
    reward = 5;
    agent.learn({ steps: 2 }).next();
    // ΔH = ½ (5 − 1) (1 − ½) for the arm that was pulled.
    expect([...agent.policy.parameters].sort()).toEqual([-1, 1]);
  });
});

describe('learning', () => {
  test.each([0, 1, 2, 3, 4])('finds the best arm of the testbed, seed %d', (seed) => {
    const agent = new GradientBandit(makeEnv('Bandit-v0', { maxEpisodeSteps: 5000 }), { seed });
    Array.from(agent.learn({ steps: 4999 }));
    const { env } = readState(agent.checkpoint().state, 'training');
    const values = arraysIn(env)[0];
    const regret = Math.max(...values) - values[Number(agent.act(0))];
    // Two arms may be nearly equal; the gap between the best and a random one is about 1.5.
    expect(regret).toBeLessThan(0.2);
  });

  test.each([0, 1, 2, 3, 4])('tells contexts apart, seed %d', (seed) => {
    const agent = new GradientBandit(makeEnv('ContextualBandit-v0'), { alpha: 0.01, seed });
    Array.from(agent.learn({ steps: 5000 }));
    // Sutton and Barto, Exercise 2.10: 55 for who does, 50 for who does not. Noise of 1 in 200 episodes, contexts of 20 and 90.
    const { meanReturn } = evaluate(agent, makeVectorEnv('ContextualBandit-v0', 5), { episodes: 200, seed: 50 + seed });
    expect([agent.act(0), agent.act(1)]).toEqual([1, 0]);
    expect(Math.abs(meanReturn - 55)).toBeLessThan(5 * (35 / Math.sqrt(200)));
  });

  test('finds the best of 200,000 arms', () => {
    const agent = new GradientBandit(arms(new Array<number>(200_000).fill(0)));
    expect(agent.act(0)).toBe(0);
  });

  test('draws arms from its policy where that is asked for', () => {
    const agent = new GradientBandit(arms([0, 0]));
    agent.policy.parameters.set([Math.log(3), 0]);
    const drawn = Array.from({ length: 4000 }, () => Number(agent.act(0, { deterministic: false })));
    const share = drawn.filter((arm) => arm === 0).length / 4000;
    expect(Math.abs(share - 0.75)).toBeLessThan(5 * Math.sqrt((0.75 * 0.25) / 4000));
    expect(agent.act(0)).toBe(0);
  });
});

/** The lists of floats in a state, however deep. */
function arraysIn(state: unknown): Float64Array[] {
  if (state instanceof Float64Array) return state.length === 10 ? [state] : [];
  return typeof state === 'object' && state !== null ? Object.values(state).flatMap(arraysIn) : [];
}

test('shows the probabilities of arms, in one context or in many', () => {
  const env = { ...arms([0, 0], 5), observationSpace: new Discrete(2, 5) };
  const agent = new GradientBandit(env);
  agent.policy.parameters.set([Math.log(3), 0, 0, Math.log(4)]);
  const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 6) as number);
  expect([...agent.actionDistribution(6).probabilities]).toEqual(close(0.2, 0.8));
  const { probabilities } = agent.actionDistribution(Float32Array.of(6, 5));
  expect([...probabilities]).toEqual(close(0.2, 0.8, 0.75, 0.25));
  expect(() => agent.actionDistribution(7)).toThrow(new RangeError('observation is 7, expected an integer in [5, 6]'));
  expect(() => agent.actionDistribution(new Float32Array(0))).toThrow(RangeError);
});

describe('checkpoints', () => {
  const make = (): Env => makeEnv('ContextualBandit-v0');
  const options: Partial<GradientBanditOptions> = { alpha: 0.01, seed: 4 };

  test('stopped, saved and resumed is the same as not interrupted, bit for bit; so is the same seed', () => {
    const [whole, again, begun] = [0, 1, 2].map(() => new GradientBandit(make(), options));
    for (const agent of [whole, again]) Array.from(agent.learn({ steps: 3000 }));
    expect(again.checkpoint()).toStrictEqual(whole.checkpoint());
    Array.from(begun.learn({ steps: 1000 }));
    const resumed = GradientBandit.restore(begun.checkpoint(), make());
    expect(resumed.step).toBe(1000);
    Array.from(resumed.learn({ steps: 3000 }));
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
  });

  test('acts without an environment, and goes on in one without getState by new episodes', () => {
    const agent = new GradientBandit(arms([3, -1, 0.5]), options);
    Array.from(agent.learn({ steps: 200 }));
    const loaded = loadAgent(agent.checkpoint(), [Ppo, GradientBandit]);
    expect(loaded.act(0)).toBe(agent.act(0));
    expect(loaded.checkpoint().state.learned).toEqual({ preferences: agent.policy.parameters });
    const again = GradientBandit.load(loaded.checkpoint(), { env: arms([3, -1, 0.5]), alpha: 0.5 });
    expect([again.resumed, again.options.alpha, again.step]).toEqual(['with new episodes', 0.5, 200]);
    expect(again.actionDistribution(0)).toEqual(agent.actionDistribution(0));
    expect(Array.from(again.learn({ moreSteps: 10 })).at(-1)?.step).toBe(210);
  });

  test('acting does not change what is learned', () => {
    const [agent, other] = [0, 1].map(() => new GradientBandit(make(), options));
    for (const each of [agent, other]) Array.from(each.learn({ steps: 1000 }));
    for (let k = 0; k < 10; k++) agent.act(0, { deterministic: false });
    for (const each of [agent, other]) Array.from(each.learn({ steps: 2000 }));
    expect(agent.policy.parameters).toEqual(other.policy.parameters);
  });

  test('of another algorithm, or of other contexts', () => {
    const checkpoint = new GradientBandit(make()).checkpoint();
    expect(() => GradientBandit.restore({ ...checkpoint, algorithm: 'ppo' }, make())).toThrow(
      new CheckpointError("checkpoint: expected algorithm 'gradient-bandit', got 'ppo'"),
    );
    expect(() => GradientBandit.restore(checkpoint, arms([1, 2]))).toThrow(CheckpointError);
  });
});

describe('errors', () => {
  test.each<[object, string]>([
    [{ alpha: 0 }, 'GradientBandit: expected alpha to be a positive number, got 0'],
    [{ baseline: 'value' }, 'GradientBandit: expected baseline to be a finite number or \'mean\', got "value"'],
    [{ epsilon: 0.1 }, "GradientBandit: unknown option 'epsilon'"],
  ])('%o', (wrong, message) => {
    expect(() => new GradientBandit(arms([1]), { ...gradientBanditDefaults, ...wrong })).toThrow(message);
  });

  test('environments that are no bandits', () => {
    expect(() => new GradientBandit(makeEnv('CartPole-v1'))).toThrow(
      /^GradientBandit: expected Discrete observations and actions, got Box\(.*\) and Discrete\(2\)$/,
    );
    expect(() => new GradientBandit(makeVectorEnv('Bandit-v0', 2))).toThrow(
      new RangeError('GradientBandit: expected one copy of the environment, got 2'),
    );
    expect(() => new GradientBandit(arms([NaN])).learn({ steps: 1 }).next()).toThrow(
      new EnvError('reward of environment 0 is NaN, expected a finite number'),
    );
    expect(() => new GradientBandit(arms([1])).act(7)).toThrow(RangeError);
  });
});
