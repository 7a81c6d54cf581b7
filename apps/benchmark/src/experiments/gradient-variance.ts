import { Random, TransitionTable } from '@gradus/core';
import { transitionTable } from '@gradus/envs';
import { TabularSoftmax } from '@gradus/policy-gradient';
import { countText, fixed, intervalText } from '../report/numbers.ts';
import type { Estimate } from '../report/summarize-group.ts';
import { curvesFigure, type CurvePoint } from './curves-figure.ts';
import type { Claim, Experiment } from './experiment.ts';
import {
  BIASED,
  EPISODES,
  ESTIMATORS,
  GAMMA,
  SIZES,
  measureEstimators,
  type Estimator,
  type MeasuredEstimators,
} from './measure-estimators.ts';
import { forSeeds, overSeeds } from './over-seeds.ts';

interface EstimatorNumbers {
  readonly estimator: string;
  /** E‖ĝ − E ĝ‖² / ‖∇J‖² of the mean ĝ of so many episodes' estimates. */
  readonly variances: readonly CurvePoint[];
  /** E‖ĝ − ∇J‖² / ‖∇J‖² */
  readonly errors: readonly CurvePoint[];
  /** ‖mean − ∇J‖ over its standard error, the mean being that of all episodes of a seed; its largest over seeds. */
  readonly distance: Estimate;
  readonly largestDistance: number;
}

/** An estimator's variance over that of another, by the number of episodes: the mean over seeds of what one seed's episodes give. */
interface Comparison {
  readonly estimator: string;
  readonly other: string;
  readonly ratios: readonly CurvePoint[];
}

interface ProcessNumbers {
  readonly process: string;
  readonly estimators: readonly EstimatorNumbers[];
  readonly comparisons: readonly Comparison[];
  /** ‖E ĝ − ∇J‖² / ‖∇J‖² without γᵗ, exactly. */
  readonly squaredBias: Estimate;
}

interface Numbers {
  readonly processes: readonly ProcessNumbers[];
}

const MOST = SIZES[SIZES.length - 1];

/** Whose variance is expected to be the smaller one (S5.4), and what else is drawn. */
const COMPARED: readonly (readonly [Estimator, Estimator])[] = [
  ['reward-to-go', 'total return'],
  ['constant baseline', 'reward-to-go'],
  ['optimal baselines', 'constant baseline'],
  ['learned values', 'reward-to-go'],
  ['exact values', 'reward-to-go'],
  ['learned values', 'constant baseline'],
  ['exact values', 'constant baseline'],
];

/** Variance and bias of likelihood-ratio gradients (S5.2 to S5.5). */
export const gradientVariance: Experiment<Numbers> = {
  name: 'gradient-variance',
  title: 'Policy-gradient estimators: the same mean, ever less variance',
  question:
    'What do causality and baselines take away of the variance of a likelihood-ratio gradient, does none of them change its mean, and what does leaving out γᵗ do?',
  section: 'S5.4',
  method: [
    'Each estimator is ĝ = Σ_t f_t (G_t − b) ∇ log π(a_t | s_t), summed over the steps of an episode (Williams, 1992). Total return: f_t G_t = Σ_k γᵏ r_k. All others have the reward to go instead, f_t G_t = Σ_{k ≥ t} γᵏ r_k. Constant baseline: b is the mean return of the other episodes’ steps. Optimal baselines: for each parameter i, b_i = E[ℓ_i² G] / E[ℓ_i²] with ℓ = γᵗ ∇ log π, estimated from the other episodes (Kochenderfer et al., 2022, §11.5). Learned values: b(s) is the mean return from s on in as many other episodes. Exact values: b(s) = v_π(s). Without γᵗ: constant baseline and f_t = 1, as most implementations have it.',
    `An estimate is the mean over a batch of 10 to ${countText(MOST)} episodes. Each seed has ${countText(EPISODES)} episodes, which all estimators share, cut up into batches. Variances are those between batches, summed over all parameters; errors are squared distances to the gradient that the policy-gradient theorem gives exactly. Both are relative to ‖∇J‖²: an error of 1 is that of knowing nothing. The mean over seeds; γ = ${GAMMA}.`,
    'The processes: for each seed a random one of 6 states with 3 actions, which a step ends with probability 0.1 and otherwise takes to one of three states, with rewards drawn from N(1, 1) and a softmax policy with preferences drawn from N(0, 1); and the lecture’s grid, where the only reward is the last, with all actions alike.',
  ],
  remarks: [
    'What is estimated from few episodes is noise itself: with 10 of them the optimal baselines, one for each parameter, leave more variance than a single number, and so do learned values more than exact ones. The more there are the less is lost, and what baselines then differ by is a few per cent.',
    'Variances of the random processes differ much from one to the next, hence the wide bands; ratios compare estimators on the same episodes.',
  ],
  seeds: 20,
  cost: { seconds: 90, repetitions: 40 },

  run({ seeds }) {
    const grid = transitionTable('LectureGrid-v0');
    return {
      processes: [
        summarize('random processes', forSeeds(seeds, randomTask)),
        summarize(
          'lecture grid',
          forSeeds(seeds, (seed) => measureEstimators(grid, new TabularSoftmax(grid), new Random(seed))),
        ),
      ],
    };
  },

  figures: ({ processes: [random, grid] }) => {
    const x = { label: 'episodes', type: 'log', tickFormat: '~s' } as const;
    const y = { type: 'log', tickFormat: '~g' } as const;
    const unbiased = ({ estimators }: ProcessNumbers): EstimatorNumbers[] =>
      estimators.filter(({ estimator }) => estimator !== BIASED);
    return [
      ...[random, grid].map((each, i) =>
        curvesFigure({
          name: i === 0 ? 'figure' : 'figure-grid',
          title: `Variance, ${each.process}`,
          curves: unbiased(each).map(({ estimator, variances }) => ({ label: estimator, points: variances })),
          x,
          y: { ...y, label: 'variance over ‖∇J‖²' },
        }),
      ),
      curvesFigure({
        name: 'figure-baselines',
        title: 'Other baselines than the constant one, random processes',
        curves: random.comparisons
          .filter(({ other }) => other === 'constant baseline')
          .map(({ estimator, ratios }) => ({ label: estimator, points: ratios })),
        x,
        y: { label: 'variance over that with the constant baseline' },
      }),
      curvesFigure({
        name: 'figure-error',
        title: 'Squared error with and without γᵗ, random processes',
        curves: [
          ...random.estimators
            .filter(({ estimator }) => estimator === 'constant baseline' || estimator === BIASED)
            .map(({ estimator, errors }) => ({ label: estimator, points: errors })),
          { label: 'squared bias without γᵗ', points: SIZES.map((size) => ({ x: size, ...random.squaredBias })) },
        ],
        x,
        y: { ...y, label: 'squared error over ‖∇J‖²' },
      }),
    ];
  },

  table: ({ processes }) => ({
    head: [
      'process, estimator',
      'variance × episodes, 10',
      `variance × episodes, ${countText(MOST)}`,
      '95 %',
      `squared error, ${countText(MOST)}`,
      'distance of the mean, standard errors',
    ],
    rows: processes.flatMap(({ process, estimators }) =>
      estimators.map(({ estimator, variances, errors, distance }) => {
        const [first, last] = [variances[0], variances[variances.length - 1]];
        const times = (value: number): string => fixed(value * last.x, 1);
        return [
          `${process}, ${estimator}`,
          fixed(first.value * first.x, 1),
          times(last.value),
          intervalText(last, times),
          fixed(errors[errors.length - 1].value, 4),
          fixed(distance.value, 2),
        ];
      }),
    ),
  }),

  verdict: ({ processes: [random, grid] }) => {
    const [causal] = grid.comparisons;
    return [
      smaller(random.process, random.comparisons[0]),
      ...claims(random),
      {
        claim: `${grid.process}: where the only reward is the last, reward-to-go is the total return`,
        holds: causal.ratios.every(({ value }) => Math.abs(value - 1) < 1e-9),
        found: foundRatios(causal),
      },
      ...claims(grid),
    ];
  },
};

function claims({ process, estimators, comparisons }: ProcessNumbers): Claim[] {
  const [, constant, optimal, learned, exact] = comparisons;
  const [last] = optimal.ratios.slice(-1);
  const unbiased = estimators.filter(({ estimator }) => estimator !== BIASED);
  const largest = Math.max(...unbiased.map(({ largestDistance }) => largestDistance));
  const { distance } = estimators[ESTIMATORS.indexOf(BIASED)];
  return [
    smaller(process, constant),
    {
      claim: `${process}: with ${countText(MOST)} episodes the optimal baselines leave no more variance than the constant one`,
      holds: last.high <= 1,
      found: `${fixed(last.value, 3)} ${intervalText(last, (value) => fixed(value, 3))} of it, and ${fixed(optimal.ratios[0].value, 3)} with 10 episodes`,
    },
    smaller(process, learned),
    smaller(process, exact),
    {
      claim: `${process}: but without γᵗ, the mean lies within 3 standard errors of ∇J, for each estimator and seed`,
      holds: largest <= 3,
      found: `within ${fixed(largest, 2)}`,
    },
    {
      claim: `${process}: without γᵗ it lies more than 3 away, on average over seeds`,
      holds: distance.low > 3,
      found: `${fixed(distance.value, 1)} ${intervalText(distance, (value) => fixed(value, 1))} standard errors`,
    },
  ];
}

/** That the variance is smaller whatever the number of episodes, by the whole 95 % interval. */
function smaller(process: string, comparison: Comparison): Claim {
  const { estimator, other, ratios } = comparison;
  return {
    claim: `${process}: however many episodes, less variance with ${estimator} than with ${other}`,
    holds: ratios.every(({ high }) => high < 1),
    found: foundRatios(comparison),
  };
}

function foundRatios({ ratios }: Comparison): string {
  return `${ratios.map(({ value }) => fixed(value, 2)).join(', ')} of it with ${SIZES.map(countText).join(', ')} episodes`;
}

function summarize(process: string, seeds: readonly MeasuredEstimators[]): ProcessNumbers {
  const points = (valueOf: (seed: MeasuredEstimators, size: number) => number): CurvePoint[] =>
    SIZES.map((x, size) => ({ x, ...overSeeds(seeds.map((seed) => valueOf(seed, size))) }));
  return {
    process,
    estimators: ESTIMATORS.map((estimator, i) => ({
      estimator,
      variances: points(({ variances }, size) => variances[i][size]),
      errors: points(({ errors }, size) => errors[i][size]),
      distance: overSeeds(seeds.map(({ distances }) => distances[i])),
      largestDistance: Math.max(...seeds.map(({ distances }) => distances[i])),
    })),
    comparisons: COMPARED.map(([estimator, other]) => {
      const [i, j] = [ESTIMATORS.indexOf(estimator), ESTIMATORS.indexOf(other)];
      return { estimator, other, ratios: points(({ variances }, size) => variances[i][size] / variances[j][size]) };
    }),
    squaredBias: overSeeds(seeds.map(({ squaredBias }) => squaredBias)),
  };
}

/** Of a random process, with a random policy. */
function randomTask(seed: number): MeasuredEstimators {
  const random = new Random(seed);
  const numStates = 6;
  const table = new TransitionTable({
    numStates,
    numActions: 3,
    initialDistribution: new Float64Array(numStates).fill(1 / numStates),
    outcomes: () => [
      { probability: 0.1, nextState: 0, reward: 1 + random.normal(), terminated: true },
      ...Array.from({ length: 3 }, () => {
        return {
          probability: 0.3,
          nextState: random.integer(numStates),
          reward: 1 + random.normal(),
          terminated: false,
        };
      }),
    ],
  });
  const policy = new TabularSoftmax(table);
  for (let i = 0; i < policy.numParameters; i++) policy.parameters[i] = random.normal();
  return measureEstimators(table, policy, random);
}
