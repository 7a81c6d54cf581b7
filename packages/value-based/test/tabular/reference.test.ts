import type { Env } from '@gradus/core';
import {
  ExpectedSarsa,
  MonteCarloControl,
  NStepQLearning,
  NStepSarsa,
  QLambda,
  QLearning,
  Sarsa,
  SarsaLambda,
  epsilonGreedy,
  type TabularOptions,
} from '@gradus/value-based';
import { expect, test } from 'vitest';
import { maximumDifference, randomTable } from '../support/random-tables.ts';
import { recordingEnv, type RecordedStep } from '../support/recording-env.ts';
import {
  referenceExpectedSarsa,
  referenceMonteCarlo,
  referenceNStep,
  referencePeng,
  referenceQLearning,
  referenceSarsa,
  referenceSarsaLambda,
  referenceWatkins,
  type ReferenceMethod,
} from '../support/reference-tabular.ts';
import type { TabularAgent } from '../support/tabular-agent.ts';

const numStates = 6;
const numActions = 3;
const gamma = 0.9;
const alpha = 0.2;

/** Where the reference needs to know how likely actions are, all are alike; elsewhere mostly greedy ones are taken. */
const [uniform, greedy] = [epsilonGreedy(1), epsilonGreedy(0.3)];
/** Episodes are cut off, too, where the reference needs no action from after the end. */
const LIMIT = 7;

type Make = (env: Env, options: Partial<TabularOptions>) => TabularAgent;
type Case = [name: string, make: Make, reference: ReferenceMethod, exploration: typeof uniform, limit?: number];

const kinds = ['accumulating', 'replacing'] as const;
const cases: Case[] = [
  ['Q-learning', (env, o) => new QLearning(env, { ...o, alpha }), referenceQLearning, greedy, LIMIT],
  ['SARSA', (env, o) => new Sarsa(env, { ...o, alpha }), referenceSarsa, greedy],
  ['Expected SARSA', (env, o) => new ExpectedSarsa(env, { ...o, alpha }), referenceExpectedSarsa, uniform, LIMIT],
  ['Monte Carlo', (env, o) => new MonteCarloControl(env, o), referenceMonteCarlo, uniform, LIMIT],
  ...[1, 3, 20].flatMap((n): Case[] => [
    [
      `${n}-step Q`,
      (env, o) => new NStepQLearning(env, { ...o, alpha, nSteps: n }),
      referenceNStep(n, 'maximum'),
      greedy,
      LIMIT,
    ],
    [
      `${n}-step SARSA`,
      (env, o) => new NStepSarsa(env, { ...o, alpha, nSteps: n }),
      referenceNStep(n, 'taken'),
      greedy,
    ],
  ]),
  ...kinds.flatMap((traces) =>
    [0, 0.6, 1].flatMap((lambda): Case[] => {
      const traced = { alpha, lambda, traces };
      const name = `${traces} traces, λ = ${lambda}`;
      return [
        [
          `SARSA(λ), ${name}`,
          (env, o) => new SarsaLambda(env, { ...o, ...traced }),
          referenceSarsaLambda(lambda, traces),
          greedy,
        ],
        [
          `Watkins, ${name}`,
          (env, o) => new QLambda(env, { ...o, ...traced }),
          referenceWatkins(lambda, traces),
          greedy,
        ],
        [
          `Peng, ${name}`,
          (env, o) => new QLambda(env, { ...o, ...traced, variant: 'peng' }),
          referencePeng(lambda, traces),
          greedy,
          LIMIT,
        ],
      ];
    }),
  ),
];

test.each(cases)('%s learns what dense tables and the formulas give', (_name, make, reference, exploration, limit) => {
  for (const seed of [0, 1, 2]) {
    const log: RecordedStep[] = [];
    const agent = make(recordingEnv(randomTable(seed, numStates, numActions), log, limit), {
      gamma,
      exploration,
      seed,
    });
    // Up to the end of an episode, where nothing is left to be learned from.
    while (log.length < 500 || !log[log.length - 1].terminated) Array.from(agent.learn({ steps: log.length + 1 }));
    const table = Array.from({ length: numStates }, () => new Array<number>(numActions).fill(0));
    reference(log, table, { numActions, gamma, alpha });
    expect(maximumDifference(agent.values.table, table.flat())).toBeLessThan(1e-10);
    expect(log.some(({ truncated }) => truncated)).toBe(limit !== undefined);
  }
});
