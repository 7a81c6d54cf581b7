import { drawFigure, type Figure } from '../report/figure.ts';
import { intervals } from '../report/marks.ts';
import { durationText, fixed, intervalText, percentText, scoreText, stepsText } from '../report/numbers.ts';
import type { Estimate } from '../report/summarize-group.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { curvesFigure, type CurvePoint } from './curves-figure.ts';
import type { Claim, Experiment } from './experiment.ts';
import { mean, overSeeds } from './over-seeds.ts';
import { finishedGroups, suiteGroups, type SuiteEnvironment } from './suite-groups.ts';

/** One way to sample from one buffer. */
interface Variant {
  readonly label: string;
  /** Of each seed: the mean return of the finished agent, and over the points of the learning curve. */
  readonly final: readonly number[];
  readonly training: readonly number[];
  /** Of each seed: seconds of training. */
  readonly seconds: readonly number[];
  readonly curve: readonly CurvePoint[];
}

interface Task {
  readonly environment: string;
  /** Environment steps of a run. */
  readonly steps: number;
  readonly seeds: number;
  readonly variants: readonly Variant[];
}

interface Numbers {
  readonly tasks: readonly Task[];
}

const SUITE = 'replay-study';
const PENDULUM = 'Pendulum-v1';
const WALKER = 'BipedalWalker-v3';
const SIZES = ['10k', '1m'] as const;
const LOW = ['low-50-50', 'low-30-70'] as const;
const HIGH = ['high-50-50', 'high-30-70'] as const;
/** The seminar's ways to sample, each from buffers of both {@link SIZES}. */
const SAMPLERS = ['uniform', ...LOW, ...HIGH, 'softmax'] as const;
/** Those that learn from 3-step returns, too. */
const LONGER = ['uniform', 'softmax', 'prioritized'] as const;

const both = (samplers: readonly string[], suffix = ''): string[] =>
  samplers.flatMap((sampler) => SIZES.map((size) => `${sampler}-${size}${suffix}`));
/** The seminar's configurations, and a buffer that shrinks. */
const STUDY = [...both(SAMPLERS), 'uniform-shrinking'];
const BEYOND = [...both(['prioritized']), ...both(LONGER, '-3-step')];

/** What standing still or falling gets in BipedalWalker: its local optima. */
const LOCAL_OPTIMUM = 0;

/** The seminar's study of replay buffers (S6.4). */
export const replayStudy: Experiment<Numbers> = {
  name: SUITE,
  title: 'Replay buffers for DDPG: how large, and what to draw',
  question:
    'Are larger replay buffers better, is a low threshold between good and bad rewards better, and what does softmax sampling cost?',
  section: 'S6.4',
  method: [
    `The suite ${SUITE} trains DDPG with the seminar’s constants (actor and critic with two layers of 256; Ornstein and Uhlenbeck’s noise from 0 with reversion 0.15, σ = 0.2 and scale 0.1) on minibatches of 64, as Lillicrap et al. (2016) did, one update a step, for 200 episodes of Pendulum. Transitions are drawn from a buffer of 10⁴ or 10⁶ in six ways: uniformly; stratified, the good ones of rewards r ≥ t apart from the bad ones, t = μ + λ σ of the last 1,000 rewards with λ = −0.5 (low) or 0.5 (high), with shares of good and bad of 0.5 and 0.5 or of 0.3 and 0.7; and by softmax(|r − μ| / β), β = 1. Beside these twelve there is a uniform buffer that shrinks from all to the last 10,000. The seminar’s 1,000 episodes of BipedalWalker are 300,000 steps here, and are shown as far as results are there.`,
    'A finding is a difference between configurations on the same seed, which have the same initial weights and are evaluated on the same episodes; its interval is a 95 % bootstrap interval of the mean over seeds. It is taken of the mean return over all of a learning curve, which counts how soon something is learned, and besides of that of the finished agent over 100 fresh episodes. A finding is reproduced if the interval of the first lies above 0, refuted if it lies below, and else neither.',
    'Beyond the seminar: Fedus et al. (2020) found that capacity matters with n-step returns alone. Three samplers, prioritized replay (Schaul et al., 2016) among them, are trained with 1-step and 3-step returns from buffers of both sizes.',
  ],
  seeds: 10,
  cost: { seconds: 11_000 },
  suite: SUITE,

  async run(context) {
    const pendulum = await suiteGroups(SUITE, [...STUDY, ...BEYOND], context, PENDULUM);
    const walker = await finishedGroups(STUDY, context.results, WALKER);
    return { tasks: [...pendulum, ...(walker === undefined ? [] : [walker])].map(measure) };
  },

  figures: ({ tasks }) => tasks.flatMap((task) => [...SIZES.map((size) => curves(task, size)), scores(task)]),

  table: ({ tasks }) => ({
    head: ['environment, configuration', 'seeds', 'over training', '95 %', 'at the end', '95 %', 'time'],
    rows: tasks.flatMap(({ environment, seeds, variants }) =>
      variants.map(({ label, training, final, seconds }) => [
        `${environment}, ${label}`,
        String(seeds),
        scoreText(overSeeds(training).value),
        intervalText(overSeeds(training)),
        scoreText(overSeeds(final).value),
        intervalText(overSeeds(final)),
        durationText(overSeeds(seconds).value),
      ]),
    ),
  }),

  verdict: ({ tasks }) => tasks.flatMap(claims),
};

function measure({ environment, groups }: SuiteEnvironment): Task {
  const [{ runs }] = groups;
  return {
    environment,
    steps: runs[0].run.steps,
    seeds: runs.length,
    variants: groups.map((group) => ({
      label: group.label,
      final: group.runs.map(({ mean_return }) => mean_return),
      training: group.runs.map(({ curve }) => mean(curve.map((point) => point.mean_return))),
      seconds: group.runs.map(({ timing }) => timing.seconds),
      curve: meanCurve(group.runs),
    })),
  };
}

function meanCurve(runs: readonly RunRecord[]): CurvePoint[] {
  return runs[0].curve.map(({ step }, i) => ({ x: step, ...overSeeds(runs.map(({ curve }) => curve[i].mean_return)) }));
}

/** What a configuration has of each seed. */
type Measure = 'training' | 'final' | 'seconds';

/** Of each seed the mean over configurations. */
function meanOf({ variants, seeds }: Task, labels: readonly string[], what: Measure): number[] {
  const chosen = variants.filter(({ label }) => labels.includes(label));
  return Array.from({ length: seeds }, (_, seed) => mean(chosen.map((variant) => variant[what][seed])));
}

/** By how much the first configurations are better than the others, over seeds. */
function gain(task: Task, better: readonly string[], worse: readonly string[], what: Measure): Estimate {
  const others = meanOf(task, worse, what);
  return overSeeds(meanOf(task, better, what).map((value, seed) => value - others[seed]));
}

/** A finding of the form "these are better than those", by a difference over training and one at the end. */
function finding(claim: string, difference: (what: Measure) => Estimate): Claim {
  const training = difference('training');
  const text = (estimate: Estimate): string => `${signed(estimate.value)} ${intervalText(estimate)}`;
  return {
    claim,
    holds: training.low > 0,
    found: `${outcome(training)}: ${text(training)} over training, ${text(difference('final'))} at the end`,
  };
}

function outcome({ low, high }: Estimate): string {
  if (low > 0) return 'reproduced';
  return high < 0 ? 'refuted' : 'neither reproduced nor refuted';
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${scoreText(value)}`;
}

function claims(task: Task): Claim[] {
  const { environment } = task;
  const withSize = (size: string, samplers: readonly string[], suffix = ''): string[] =>
    samplers.map((sampler) => `${sampler}-${size}${suffix}`);
  const larger = (what: Measure, samplers: readonly string[], suffix = ''): Estimate =>
    gain(task, withSize('1m', samplers, suffix), withSize('10k', samplers, suffix), what);
  return [
    finding(`${environment}: a buffer of 10⁶ is better than one of 10⁴`, (what) => larger(what, SAMPLERS)),
    finding(`${environment}: the low threshold is better than the high one`, (what) =>
      gain(task, both(LOW), both(HIGH), what),
    ),
    finding(`${environment}: the low threshold is better than uniform sampling`, (what) =>
      gain(task, both(LOW), both(['uniform']), what),
    ),
    softmaxTime(task),
    ...(environment === WALKER ? [localOptima(task)] : []),
    ...(environment === PENDULUM
      ? [
          finding(`${environment}: a larger buffer gains more with 3-step returns than with 1-step ones`, (what) => {
            const gains = (suffix: string): number[] => {
              const small = meanOf(task, withSize('10k', LONGER, suffix), what);
              return meanOf(task, withSize('1m', LONGER, suffix), what).map((value, seed) => value - small[seed]);
            };
            const short = gains('');
            return overSeeds(gains('-3-step').map((value, seed) => value - short[seed]));
          }),
        ]
      : []),
  ];
}

/** The seminar's took twice the time; runs of a seed follow each other, so that what else the machine does is much the same for all. */
function softmaxTime(task: Task): Claim {
  const uniform = meanOf(task, both(['uniform']), 'seconds');
  const ratio = overSeeds(meanOf(task, both(['softmax']), 'seconds').map((seconds, seed) => seconds / uniform[seed]));
  return {
    claim: `${task.environment}: softmax sampling takes at most 1.3 × the time of uniform sampling for each step of the environment, where the seminar’s took 2 ×`,
    holds: ratio.value <= 1.3,
    found: `${fixed(ratio.value, 2)} × ${intervalText(ratio, (value) => fixed(value, 2))}`,
  };
}

function localOptima({ environment, seeds, variants }: Task): Claim {
  const shares = Array.from({ length: seeds }, (_, seed) =>
    mean(variants.map(({ final }) => (final[seed] < LOCAL_OPTIMUM ? 1 : 0))),
  );
  const share = overSeeds(shares);
  const best = Math.max(...variants.flatMap(({ final }) => final));
  return {
    claim: `${environment}: there are strong local optima: at least half of the runs end below ${LOCAL_OPTIMUM}, where they fall or stand still`,
    holds: share.low >= 0.5,
    found: `${percentText(share.value)} ${intervalText(share, percentText)}, while the best run got ${scoreText(best)}`,
  };
}

function curves({ environment, variants }: Task, size: string): Figure {
  const shown = variants.filter(({ label }) => both(SAMPLERS).includes(label) && label.endsWith(size));
  return curvesFigure({
    name: `${environment}-${size}`,
    title: `${environment}: a buffer of ${size === '1m' ? '10⁶' : '10⁴'}`,
    curves: shown.map(({ label, curve }) => ({ label, points: curve })),
    x: { label: 'environment steps', tickFormat: stepsText },
    y: { label: 'return' },
  });
}

function scores({ environment, variants }: Task): Figure {
  const estimates = variants.map(({ label, training }) => {
    return { name: label, colour: `var(--series-${label.endsWith('3-step') ? 2 : 1})`, ...overSeeds(training) };
  });
  return drawFigure({
    name: `${environment}-scores`,
    title: `${environment}: mean return over the learning curve`,
    description: `Mean return over the learning curve in ${environment}, with 95 % intervals, of ${variants.map(({ label }) => label).join(', ')}`,
    series: [],
    plot: intervals(estimates, scoreText, { label: 'return' }),
  });
}
