import { Box, Discrete, linear, vectorize, type Env, type Space, type StepResult } from '@gradus/core';
import {
  LinearSoftmax,
  Reinforce,
  estimateGradient,
  type Baseline,
  type Credit,
  type ReinforceOptions,
  type Trajectory,
} from '@gradus/policy-gradient';
import { decodeSafetensors } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { forward, networkPolicy } from './support/network-policy.ts';
import { ScriptedEnv, type Transition } from './support/scripted-env.ts';

const INPUTS = 2;
/** Small parts, so that an update takes several, and the last is not full. */
const shared: Partial<ReinforceOptions> = { batchSize: 5, gamma: 0.8, normalizeReturns: false, seed: 3 };

interface Played {
  /** Of the actor before the update, and the estimate of ∇J that it followed. */
  readonly parameters: readonly number[];
  readonly gradient: readonly number[];
  /** Of the actor after it. */
  readonly changed: readonly number[];
  readonly critic: readonly number[];
  readonly trajectories: readonly Trajectory<number[]>[];
  readonly transitions: readonly (readonly Transition[])[];
}

/** Makes one update; episodes are the first ones of each copy. */
function playUpdate(options: Partial<ReinforceOptions>, actionSpace: Space, copies = 1): Played {
  const envs = Array.from({ length: copies }, (_, i) => new ScriptedEnv(actionSpace, 100 * i));
  const agent = new Reinforce(
    vectorize((i) => envs[i], copies),
    { ...shared, ...options },
  );
  const before = filesOf(agent);
  agent.learn({ steps: 1 }).next();
  const after = filesOf(agent);
  agent.dispose();
  const transitions = envs.flatMap(({ log }) => {
    const episodes: Transition[][] = [[]];
    for (const transition of log) {
      episodes[episodes.length - 1].push(transition);
      if (transition.terminated || transition.truncated) episodes.push([]);
    }
    return episodes.slice(0, agent.options.episodes);
  });
  const actor = Object.keys(before).filter((name) => /^(actor|policy)\./.test(name));
  const moment = actor.map((name) => `mean.${name.replace(/^(actor|policy)\./, '')}`);
  return {
    parameters: actor.flatMap((name) => before[name]),
    // The first moment of Adam after its first step is (1 − β₁) times the gradient of the loss −J.
    gradient: moment.flatMap((name) => after[name].map((mean) => mean / -0.1)),
    changed: actor.flatMap((name) => after[name]),
    critic: Object.keys(before).flatMap((name) => (name.startsWith('critic.') ? before[name] : [])),
    trajectories: transitions.map((episode) => ({
      states: episode.map(({ observation }) => [...observation]),
      actions: episode.map(({ action }) => action[0]),
      rewards: episode.map(({ reward }) => reward),
    })),
    transitions,
  };
}

/** The networks' parameters and, once there was an update, Adam's moments of the actor. */
function filesOf(agent: Reinforce): Record<string, number[]> {
  const { files } = agent.checkpoint();
  const tensors = {
    ...decodeSafetensors(files['parameters.safetensors']),
    ...decodeSafetensors(files['optimizer.safetensors']),
  };
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));
}

/** Equal up to float32, whose rounding in sums of some 10 terms is at most of the order of 10⁻⁶ of the largest. */
function expectClose(actual: readonly number[], expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  expect(scale).toBeGreaterThan(1e-3);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]), `parameter ${i}`).toBeLessThan(1e-5 * scale));
}

const credits: readonly Credit[] = ['total-return', 'discounted-reward-to-go', 'reward-to-go'];
const baselines: readonly ((number & Baseline<number[]>) | 'mean' | 'optimal')[] = [0, 0.7, 'mean', 'optimal'];
const combinations = credits.flatMap((credit) => baselines.map((baseline) => ({ credit, baseline })));

describe('the estimate of an update is that of estimateGradient', () => {
  test.each(combinations)('linear softmax, $credit, baseline $baseline', ({ credit, baseline }) => {
    const options = { credit, baseline, episodes: 4, hidden: [] };
    const { parameters, gradient, trajectories } = playUpdate(options, new Discrete(3));
    // θ is [inputs × actions] weights and a bias for each action.
    const policy = new LinearSoftmax<number[]>({
      numActions: 3,
      numFeatures: 9,
      features: (state, action, target) => {
        for (let i = 0; i < INPUTS; i++) target[i * 3 + action] = state[i];
        target[6 + action] = 1;
      },
    });
    policy.parameters.set(parameters);
    expectClose(gradient, estimateGradient(policy, trajectories, { gamma: 0.8, credit, baseline }));
  });

  test.each(combinations)('neural softmax, several copies, $credit, baseline $baseline', ({ credit, baseline }) => {
    const { parameters, gradient, trajectories } = playUpdate(
      { credit, baseline, episodes: 2, hidden: [4, 3] },
      new Discrete(2),
      3,
    );
    const policy = networkPolicy({ sizes: [INPUTS, 4, 3, 2], isContinuous: false }, parameters);
    expect(trajectories).toHaveLength(6);
    expectClose(gradient, estimateGradient(policy, trajectories, { gamma: 0.8, credit, baseline }));
  });

  test.each(combinations)('neural Gaussian, $credit, baseline $baseline', ({ credit, baseline }) => {
    const options = { credit, baseline, episodes: 3, hidden: [4], initialLogStd: -0.3 };
    const { parameters, gradient, trajectories } = playUpdate(options, new Box(-1e9, 1e9, [1]));
    const policy = networkPolicy({ sizes: [INPUTS, 4, 1], isContinuous: true }, parameters);
    expectClose(gradient, estimateGradient(policy, trajectories, { gamma: 0.8, credit, baseline }));
  });

  test.each(credits)('learned values, %s: the values before the update; what a limit cut off is worth v', (credit) => {
    const played = playUpdate({ credit, baseline: 'value', episodes: 4, hidden: [4] }, new Discrete(2));
    const policy = networkPolicy({ sizes: [INPUTS, 4, 2], isContinuous: false }, played.parameters);
    const valueOf = (state: readonly number[]): number => forward([INPUTS, 4, 1], played.critic, [...state])[0];
    expect(played.transitions.map((episode) => episode[2].truncated)).toEqual([false, true, false, true]);
    const trajectories = played.transitions.map((episode, n) => ({
      ...played.trajectories[n],
      rewards: episode.map(
        ({ reward, truncated, nextObservation }) => reward + (truncated ? 0.8 * valueOf(nextObservation) : 0),
      ),
    }));
    expectClose(played.gradient, estimateGradient(policy, trajectories, { gamma: 0.8, credit, baseline: valueOf }));
  });
});

test.each(['mean', 'optimal', 'value', 0] as const)('normalized returns, baseline %s', (baseline) => {
  const options = { baseline, episodes: 4, hidden: [] };
  const plain = playUpdate(options, new Discrete(2));
  const normalized = playUpdate({ ...options, normalizeReturns: true }, new Discrete(2));
  // The same episodes: only what is learned from them differs.
  expect(normalized.trajectories).toEqual(plain.trajectories);
  const policy = networkPolicy({ sizes: [INPUTS, 2], isContinuous: false }, plain.parameters);
  const value = (state: readonly number[]): number => forward([INPUTS, 1], plain.critic, [...state])[0];
  // G − b of every step by hand, b being that of each episode's others.
  const returns = plain.transitions.map((episode) => {
    let sum = 0;
    return episode
      .toReversed()
      .map(({ reward, truncated, nextObservation }) => {
        const follows = truncated && baseline === 'value' ? value(nextObservation) : sum;
        return (sum = reward + 0.8 * follows);
      })
      .toReversed();
  });
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const advantages = returns.map((own, n) =>
    own.map((sum, k) => {
      if (baseline === 'value') return sum - value(plain.transitions[n][k].observation);
      return baseline === 'mean' ? sum - mean(returns.filter((_, m) => m !== n).flat()) : sum;
    }),
  );
  const center = mean(advantages.flat());
  const deviation = Math.sqrt(advantages.flat().reduce((sum, x) => sum + (x - center) ** 2, 0) / 11);
  // With γ = 0 rewards are the returns.
  const trajectories = plain.trajectories.map((trajectory, n) => ({
    ...trajectory,
    rewards: advantages[n].map((x) => (x - center) / deviation),
  }));
  const rest = baseline === 'optimal' ? 'optimal' : 0;
  expectClose(
    normalized.gradient,
    estimateGradient(policy, trajectories, { gamma: 0, credit: 'reward-to-go', baseline: rest }),
  );
});

describe('the step', () => {
  const options: Partial<ReinforceOptions> = { baseline: 0, episodes: 2, hidden: [] };

  test('is that of Adam, at the scheduled rate', () => {
    // Training of one step is at its begin, when the rate is 0.03; m̂ / (√v̂ + ε) = g / (|g| + ε).
    const { parameters, gradient, changed } = playUpdate(
      { ...options, learningRate: linear(0.03, 0) },
      new Discrete(2),
    );
    expectClose(
      changed.map((value, i) => value - parameters[i]),
      gradient.map((slope) => (0.03 * slope) / (Math.abs(slope) + 1e-8)),
    );
  });

  test('is limited in its norm where that is asked for', () => {
    const { gradient } = playUpdate(options, new Discrete(2));
    const norm = Math.hypot(...gradient);
    const limited = playUpdate({ ...options, maxGradNorm: norm / 4 }, new Discrete(2));
    expectClose(
      limited.gradient,
      gradient.map((slope) => slope / 4),
    );
  });

  test('leaves values alone where no baseline needs them', () => {
    const agent = new Reinforce(new ScriptedEnv(new Discrete(2)), { ...shared, ...options });
    const critic = (): unknown => Object.entries(filesOf(agent)).filter(([name]) => name.startsWith('critic.'));
    const before = critic();
    agent.learn({ steps: 1 }).next();
    expect(critic()).toEqual(before);
  });
});

/** Episodes of `length` steps that end by termination; every one of them and every reset is counted. */
class CountingEnv implements Env<number[], number> {
  readonly observationSpace = new Box(-1, 1, [1]);
  readonly actionSpace = new Discrete(2);
  resets = 0;
  private steps = 0;
  private readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  reset(): { observation: number[] } {
    this.resets++;
    this.steps = 0;
    return { observation: [0] };
  }

  step(): StepResult<number[]> {
    this.steps++;
    return { observation: [0], reward: this.length, terminated: this.steps === this.length, truncated: false };
  }
}

describe('rounds', () => {
  test('have as many episodes of each copy, however short', () => {
    const envs = [new CountingEnv(1), new CountingEnv(4)];
    const agent = new Reinforce(
      vectorize((i) => envs[i], 2),
      { ...shared, episodes: 2, baseline: 0, hidden: [] },
    );
    const rounds = [...agent.learn({ steps: 17 })];
    // Two episodes of 4 steps, in which the other copy could have ended eight.
    expect(rounds.map(({ step, episodes }) => [step, episodes])).toEqual([
      [16, 4],
      [32, 8],
    ]);
    const lengths = rounds.map(({ finishedEpisodes }) => finishedEpisodes.map(({ length }) => length));
    expect(lengths).toEqual([
      [1, 1, 4, 4],
      [1, 1, 4, 4],
    ]);
  });

  test('begin with new episodes where copies are within one', () => {
    const envs = [new CountingEnv(3), new CountingEnv(4)];
    const agent = new Reinforce(
      vectorize((i) => envs[i], 2),
      { ...shared, episodes: 1, baseline: 0, hidden: [] },
    );
    const [first, second] = [...agent.learn({ steps: 9 })];
    expect([first, second].map(({ finishedEpisodes }) => finishedEpisodes.map(({ length }) => length))).toEqual([
      [3, 4],
      [3, 4],
    ]);
    // At the start, when an episode ended (once each in both rounds), and between the rounds.
    expect(envs.map(({ resets }) => resets)).toEqual([4, 4]);
  });

  test('of a single copy lose nothing', () => {
    const env = new CountingEnv(3);
    const agent = new Reinforce(env, { ...shared, episodes: 2, baseline: 0, hidden: [] });
    expect([...agent.learn({ steps: 12 })].map(({ step }) => step)).toEqual([6, 12]);
    expect(env.resets).toBe(5);
  });
});
