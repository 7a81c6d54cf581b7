import { readFileSync } from 'node:fs';
import { envFromDynamics, vectorEnvFromDynamics, type Dynamics } from '@gradus/core';
import { asterix, breakout, freeway, seaquest, spaceInvaders, type MinAtarOptions } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { recordedDraws } from '../support/recorded-draws.ts';

/** Games that MinAtar 1.0.15 played; the file says what each field means. */
interface Golden {
  readonly channels: readonly string[];
  readonly episodes: readonly Episode[];
}

interface Episode {
  readonly sticky: number;
  readonly ramping: boolean;
  /** The action done before the first one. */
  readonly held: number;
  readonly steps: number;
  /** The step that ended the game; null where none did. */
  readonly terminal: number | null;
  /** A digit a step. */
  readonly actions: string;
  /** Groups of draws, of the reset and of each step. */
  readonly draws: string;
  /** [step, reward] where it is not 0; steps count from 1. */
  readonly rewards: readonly (readonly [step: number, reward: number])[];
  /** Four digits for the observation after the reset and after each step. */
  readonly hash: string;
  /** The set cells of each channel, for some of the observations. */
  readonly full: Readonly<Record<string, string>>;
}

type Game = Dynamics<'previousAction', Int32Array>;

const games: readonly [name: string, create: (options: MinAtarOptions) => Game, firstInteger: number][] = [
  ['breakout', breakout, 0],
  ['asterix', asterix, 0],
  ['freeway', freeway, 1],
  ['seaquest', seaquest, 1],
  ['space-invaders', spaceInvaders, 0],
];

function readGolden(name: string): Golden {
  return JSON.parse(readFileSync(`${import.meta.dirname}/../fixtures/minatar-${name}.json`, 'utf8')) as Golden;
}

/** The game with recorded draws in place of those of a seed; copy i plays episode i. */
function replayed(game: Game, episodes: readonly Episode[], firstInteger: number): Game {
  const draws = episodes.map((episode) => recordedDraws(episode.draws, firstInteger));
  return {
    ...game,
    reset(state, i) {
      if (!draws[i].isBegun()) {
        state.previousAction[i] = episodes[i].held;
        draws[i].begin();
      }
      game.reset(state, i, draws[i]);
      draws[i].end();
    },
    step(state, actions, outcome, start, end) {
      for (const source of draws) source.begin();
      game.step(state, actions, outcome, start, end, draws);
      for (const source of draws) source.end();
    },
  };
}

/** FNV-1a over the bytes of an observation, its halves folded. */
function hashOf(observation: Float32Array): string {
  let hash = 2166136261;
  for (const value of observation) hash = Math.imul(hash ^ value, 16777619);
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(4, '0');
}

/** The cells set in each channel, as in the file. */
function cellsOf(observation: Float32Array): string {
  const numChannels = observation.length / 100;
  return Array.from({ length: numChannels }, (_, channel) =>
    Array.from({ length: 100 }, (_, cell) => (observation[cell * numChannels + channel] === 1 ? cell : -1))
      .filter((cell) => cell >= 0)
      .map((cell) => String(cell).padStart(2, '0'))
      .join(''),
  ).join('/');
}

/** Compares an observation with that of a step. */
function compare(episode: Episode, step: number, observation: Float32Array): void {
  if (episode.full[step] !== undefined)
    expect(`${step}: ${cellsOf(observation)}`).toBe(`${step}: ${episode.full[step]}`);
  expect(`${step}: ${hashOf(observation)}`).toBe(`${step}: ${episode.hash.slice(4 * step, 4 * step + 4)}`);
}

/** What a step gives. */
function outcomeAt({ rewards, terminal }: Episode, step: number): unknown {
  const reward = rewards.find(([at]) => at === step)?.[1] ?? 0;
  return { step, reward, terminated: step === terminal, truncated: false };
}

describe.each(games)('%s plays as it was recorded', (name, create, firstInteger) => {
  const { channels, episodes } = readGolden(name);

  test.each(episodes.map((episode, i) => [i, episode] as const))('alone, episode %i', (_, episode) => {
    const game = create({ stickyActionProbability: episode.sticky, difficultyRamping: episode.ramping });
    const env = envFromDynamics(replayed(game, [episode], firstInteger));
    expect(game.observationSpace.size).toBe(100 * channels.length);
    compare(episode, 0, env.reset().observation as Float32Array);
    for (let step = 1; step <= episode.steps; step++) {
      const { observation, ...outcome } = env.step(Number(episode.actions[step - 1]));
      expect({ step, ...outcome }).toEqual(outcomeAt(episode, step));
      compare(episode, step, observation as Float32Array);
    }
  });

  test.each([0.1, 0])('together, those with sticky actions of probability %d', (stickyActionProbability) => {
    const together = episodes.filter(({ sticky, ramping }) => sticky === stickyActionProbability && ramping);
    const env = vectorEnvFromDynamics(
      replayed(create({ stickyActionProbability }), together, firstInteger),
      together.length,
    );
    const { size } = env.observationSpace;
    env.reset();
    const longest = Math.max(...together.map(({ steps }) => steps));
    for (let step = 1; step <= longest; step++) {
      const running = together.map(({ steps }) => step <= steps);
      env.step(Int32Array.from(together, ({ actions }) => Number(actions[step - 1] ?? 0)));
      for (const [i, episode] of together.entries()) {
        if (!running[i]) continue;
        const terminated = env.terminated[i] === 1;
        const outcome = { step, reward: env.rewards[i], terminated, truncated: env.truncated[i] === 1 };
        expect(outcome).toEqual(outcomeAt(episode, step));
        const observations = terminated ? env.finalObservations : env.observations;
        compare(episode, step, observations.subarray(i * size, (i + 1) * size));
      }
    }
  });
});
