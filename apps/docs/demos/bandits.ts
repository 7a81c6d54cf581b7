import { envFromDynamics, spawnSeed, type Agent, type Env } from '@gradus/core';
import { bandit } from '@gradus/envs';
import { GradientBandit } from '@gradus/policy-gradient';
import { QLearning, epsilonGreedy, upperConfidence, visitStepSize, type TabularOptions } from '@gradus/value-based';
import type { Demo, DemoSettings, Ended, Snapshot, View } from './demo.ts';
import { GrowingCurve } from './engine/growing-curve.ts';

const ARMS = 10;
/** Bandits that each way to explore learns, so that luck averages out. */
const BANDITS = 50;
/** Pulls of an update. */
const PULLS = 5;
const MOST_PULLS = 2000;

const greedily: Partial<TabularOptions> = { gamma: 0, alpha: visitStepSize() };

/** Ways to explore (Sutton and Barto, 2018, chapter 2). */
const ways: Readonly<Record<string, Partial<TabularOptions>>> = {
  'ε-greedy, ε = 0.1': { ...greedily, exploration: epsilonGreedy(0.1) },
  'upper confidence, c = 2': { ...greedily, exploration: upperConfidence(2) },
  'optimistic, q = 5': { gamma: 0, alpha: 0.1, initialValue: 5, exploration: epsilonGreedy(0) },
};
const GRADIENT = 'gradient, α = 0.1';

/** An agent with its bandit. */
interface Puller {
  readonly agent: Agent & { readonly values?: QLearning['values']; readonly policy?: GradientBandit['policy'] };
  readonly env: Env;
  /** The arms' true values; none before the first pull. */
  arms: Float64Array;
}

/** Ten-armed bandits, learned in four ways side by side. */
class BanditsDemo implements Demo {
  private readonly teams: readonly {
    readonly label: string;
    readonly pullers: Puller[];
    readonly curve: GrowingCurve;
  }[];
  private step = 0;
  private score: number | undefined;
  private best: number | undefined;

  constructor({ seed }: DemoSettings) {
    const labels = [...Object.keys(ways), GRADIENT];
    this.teams = labels.map((label) => ({
      label,
      curve: new GrowingCurve(),
      pullers: Array.from({ length: BANDITS }, (_, i) => {
        const env = envFromDynamics(bandit({ numArms: ARMS, maxEpisodeSteps: Infinity }));
        // The same bandits for all ways.
        const own = spawnSeed(seed, i);
        const agent =
          label === GRADIENT
            ? new GradientBandit(env, { alpha: 0.1, seed: own })
            : new QLearning(env, { ...ways[label], seed: own });
        return { agent, env, arms: new Float64Array(0) };
      }),
    }));
  }

  learn(): void {
    if (this.ended !== undefined) return;
    this.step += PULLS;
    for (const { pullers, curve } of this.teams) {
      let share = 0;
      for (const puller of pullers) share += pull(puller) / pullers.length;
      curve.add(this.step, share);
      this.score = Math.max(share, curve === this.teams[0].curve ? 0 : (this.score ?? 0));
    }
    this.best = Math.max(this.best ?? 0, this.score ?? 0);
  }

  get ended(): Ended | undefined {
    return this.step >= MOST_PULLS ? 'all steps done' : undefined;
  }

  snapshot(): Snapshot {
    const { step, score, best, teams } = this;
    return {
      ...{ step, unit: 'pulls', score, best, ended: this.ended },
      curves: teams.map(({ label, curve }) => ({ label, points: curve.points })),
      views: step === 0 ? [] : firstBandit(teams[0].pullers[0], teams[1].pullers[0]),
    };
  }

  dispose(): void {
    for (const { pullers } of this.teams) for (const { agent } of pullers) agent.dispose();
  }
}

/** Pulls some arms, and says which share of them was the best arm; of a gradient bandit, how probable that arm is now. */
function pull(puller: Puller): number {
  const { agent, env } = puller;
  const before = agent.values?.visits.slice();
  Array.from(agent.learn({ moreSteps: PULLS }));
  if (puller.arms.length === 0) puller.arms = trueValues(env);
  const best = puller.arms.indexOf(puller.arms.reduce((most, value) => Math.max(most, value)));
  if (agent.values && before) return (agent.values.visits[best] - before[best]) / PULLS;
  return agent.policy?.probabilities(0)[best] ?? 0;
}

/** q*(a), which the environment knows. */
function trueValues(env: Env): Float64Array {
  const { values } = env.getState?.().state as { readonly values: Float64Array };
  return values.slice();
}

/** What two of the ways think of the first bandit. */
function firstBandit(epsilon: Puller, confidence: Puller): View[] {
  const bars = (values: ArrayLike<number>): View['bars'] =>
    Array.from({ length: ARMS }, (_, arm) => ({ label: `arm ${arm + 1}`, value: values[arm] }));
  const estimates = (title: string, { agent }: Puller): View[] =>
    agent.values ? [{ title, kind: 'values', bars: bars(agent.values.table) }] : [];
  return [
    { title: 'The first bandit: what its arms pay', kind: 'values', bars: bars(epsilon.arms) },
    ...estimates('What ε-greedy thinks', epsilon),
    ...estimates('What upper confidence thinks', confidence),
  ];
}

/** The demo of the catalog. */
export const create = (settings: DemoSettings): Demo => new BanditsDemo(settings);
