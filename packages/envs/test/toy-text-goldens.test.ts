import { readFileSync } from 'node:fs';
import { createActions, type Dynamics, type RandomSource } from '@gradus/core';
import { blackjack, cliffWalking, frozenLake, makeEnv, taxi } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { scriptedRandom } from './support/scripted-random.ts';

/** Recorded with Gymnasium 1.4.0. */
interface Golden {
  readonly segments: readonly Segment[];
  readonly initial: readonly (readonly [state: number, probability: number])[] | { readonly uniform_over: number[] };
  readonly table: Table;
}

interface Segment {
  readonly init: number;
  readonly actions: string;
  readonly obs: readonly number[];
  readonly reward: readonly number[];
  /** The uniform numbers drawn, one for each step. */
  readonly u: readonly number[];
  /** Indices of the steps with this flag. */
  readonly terminated: readonly number[];
}

type Table = { readonly nS: number; readonly nA: number } & (
  | {
      readonly deterministic: true;
      readonly next: readonly number[];
      readonly reward: readonly number[];
      /** Indices of pairs. */
      readonly terminated: readonly number[];
    }
  | {
      readonly deterministic: false;
      /** Rows [probability, next state, reward, terminated] by state and action; probabilities are rounded to 16 digits. */
      readonly P: readonly (readonly (readonly (readonly number[])[])[])[];
    }
);

function readFixture(id: string): unknown {
  return JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/${id}.json`, 'utf8'));
}

/** Copy 1 of 3, forced into states and fed with recorded draws. */
function drive(dynamics: Dynamics, random: RandomSource) {
  const copy = 1;
  const { size } = dynamics.observationSpace;
  const entries = Object.entries(dynamics.variables).map(([name, length]) => [name, new Float64Array(3 * length)]);
  const state = Object.fromEntries(entries) as Record<string, Float64Array>;
  const outcome = { rewards: new Float64Array(3), terminated: new Uint8Array(3) };
  const observations = new Float32Array(3 * size);
  const actions = createActions(dynamics.actionSpace, 3);
  const randoms = [random, random, random];
  const observe = (): number[] => {
    dynamics.observe(state, observations, copy, copy + 1);
    return Array.from(observations.subarray(copy * size, (copy + 1) * size));
  };
  return {
    state,
    copy,
    observe,
    step(action: number) {
      actions[copy] = action;
      dynamics.step(state, actions, outcome, copy, copy + 1, randoms);
      return { observation: observe(), reward: outcome.rewards[copy], terminated: outcome.terminated[copy] === 1 };
    },
  };
}

describe.each<[string, Dynamics]>([
  ['FrozenLake-v1', frozenLake()],
  ['CliffWalking-v1', cliffWalking()],
  ['Taxi-v4', taxi()],
])('%s follows Gymnasium', (id, dynamics) => {
  const golden = readFixture(id) as Golden;

  test('step by step', () => {
    for (const segment of golden.segments) {
      const random = scriptedRandom({ floats: segment.u });
      const env = drive(dynamics, random);
      env.state.state[env.copy] = segment.init;
      Array.from(segment.actions, Number).forEach((action, step) => {
        const expected = {
          observation: [segment.obs[step]],
          reward: segment.reward[step],
          terminated: segment.terminated.includes(step),
        };
        expect(env.step(action), `step ${step}`).toEqual(expected);
      });
      expect(random.left()).toBe(0);
    }
  });

  test('in its transition table', () => {
    const { table } = golden;
    const transitions = dynamics.transitions!;
    expect([transitions.numStates, transitions.numActions]).toEqual([table.nS, table.nA]);
    for (let pair = 0; pair < table.nS * table.nA; pair++) {
      const state = Math.floor(pair / table.nA);
      const action = pair % table.nA;
      const rows = table.deterministic
        ? [[1, table.next[pair], table.reward[pair], Number(table.terminated.includes(pair))]]
        : table.P[state][action];
      const outcomes = transitions.outcomes(state, action);
      expect(
        outcomes.map(({ nextState, reward, terminated }) => [nextState, reward, Number(terminated)]),
        `pair ${pair}`,
      ).toEqual(rows.map((row) => row.slice(1)));
      outcomes.forEach(({ probability }, k) => {
        expect(Math.abs(probability - rows[k][0])).toBeLessThan(1e-15);
      });
    }
  });

  test('in its first states', () => {
    const { initial } = golden;
    const rows =
      'uniform_over' in initial
        ? initial.uniform_over.map((state) => [state, 1 / initial.uniform_over.length])
        : initial;
    const expected = new Float64Array(golden.table.nS);
    for (const [state, probability] of rows) expected[state] = probability;
    expect(dynamics.transitions!.initialDistribution).toEqual(expected);
  });
});

test('Taxi-v4 has the masks of Gymnasium', () => {
  const { action_mask } = readFixture('Taxi-v4') as { action_mask: string };
  const masks = new Uint8Array(3000);
  taxi().writeActionMasks!(
    { state: Float64Array.from({ length: 500 }, (_, i) => i), fickle: new Float64Array(500) },
    masks,
    0,
    500,
  );
  expect(masks.join('')).toBe(action_mask);
});

test('Taxi-v4 is solved as in Gymnasium', () => {
  const { solved } = readFixture('Taxi-v4') as { solved: Omit<Segment, 'u'> };
  const env = makeEnv('Taxi-v4');
  env.reset({ seed: 1 });
  const state = env.getState!();
  (state.state as { state: Float64Array }).state[0] = solved.init;
  env.setState!(state);
  Array.from(solved.actions, Number).forEach((action, step) => {
    const terminated = solved.terminated.includes(step);
    expect(env.step(action)).toEqual({
      observation: solved.obs[step],
      reward: solved.reward[step],
      terminated,
      truncated: false,
    });
  });
});

test('Blackjack-v1 follows Gymnasium card by card', () => {
  interface Episode {
    readonly dealer: readonly number[];
    readonly player: readonly number[];
    readonly obs0: readonly number[];
    readonly actions: string;
    readonly obs: readonly (readonly number[])[];
    readonly reward: number;
    readonly cards: readonly number[];
  }
  const { episodes } = readFixture('Blackjack-v1') as { episodes: readonly Episode[] };
  for (const episode of episodes) {
    const random = scriptedRandom({ cards: [...episode.dealer, ...episode.player, ...episode.cards] });
    const dynamics = blackjack();
    const env = drive(dynamics, random);
    dynamics.reset(env.state as Parameters<typeof dynamics.reset>[0], env.copy, random);
    expect(env.observe()).toEqual(episode.obs0);
    Array.from(episode.actions, Number).forEach((action, step) => {
      const terminated = step === episode.actions.length - 1;
      const reward = terminated ? episode.reward : 0;
      expect(env.step(action)).toEqual({ observation: episode.obs[step], reward, terminated });
    });
    expect(random.left()).toBe(0);
  }
  expect(episodes.length).toBe(147);
});
