import { Random, rejectUnknown } from '@gradus/core';
import { algorithms } from '../algorithms.ts';
import type { DeviceChoice } from '../devices.ts';
import { planRuns } from '../plan-runs.ts';
import type { PlannedRun } from '../planned-run.ts';
import { fromUser, UserError } from '../user-error.ts';
import { drawParameter } from './parameter.ts';
import type { Rung } from './rungs.ts';
import type { Space } from './space.ts';

/** Values of the parameters by name. */
export type ParameterValues = PlannedRun['options'];

/** A combination of parameters that is tried. */
export interface Trial {
  /** Counted from 0. */
  readonly index: number;
  readonly parameters: ParameterValues;
  /** Whole runs, one for each seed. */
  readonly runs: readonly PlannedRun[];
}

/** The trials of a space, and what was drawn that makes no agent. */
export interface PlannedTrials {
  readonly trials: readonly Trial[];
  /** Combinations that do not fit together, each with the reason: others were drawn instead. */
  readonly rejected: readonly string[];
}

/** Draws in a row without one that fits, after which the space is taken to be wrong. */
const MAXIMUM_DRAWS = 100;

/**
 * Random search (Bergstra and Bengio, 2012): `space.trials` independent draws. The same space gives the same trials; more
 * trials begin with those that fewer have, and another parameter leaves the draws of the others alone.
 * @throws UserError for an algorithm, environment, option or parameter that does not exist, or where nothing fits.
 */
export function planTrials(space: Space, device: DeviceChoice, rungs: readonly Rung[]): PlannedTrials {
  checkNames(space);
  const rejected: string[] = [];
  const trials = Array.from({ length: space.trials }, (_, index) => planTrial(space, index, device, rungs, rejected));
  return { trials, rejected };
}

function checkNames({ algorithm, parameters, source }: Space): void {
  // Unknown algorithms are told of where a run is planned.
  if (!Object.hasOwn(algorithms, algorithm)) return;
  fromUser(() => {
    rejectUnknown('parameters', parameters, { ...algorithms[algorithm].defaults, numEnvs: 1 });
  }, source);
}

function planTrial(
  space: Space,
  index: number,
  device: DeviceChoice,
  rungs: readonly Rung[],
  rejected: string[],
): Trial {
  const random = new Random(space.seed);
  for (let draw = 0; ; draw++) {
    const stream = random.fork(`trial ${index}, draw ${draw}`);
    const parameters = Object.fromEntries(
      Object.entries(space.parameters).map(([name, parameter]) => [name, drawParameter(parameter, stream.fork(name))]),
    );
    try {
      return { index, parameters, runs: planSeeds(space, index, parameters, device, rungs) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // The space takes the place of the suite that it was planned as.
      const reason = error.message.replace(`${space.source}: entries[0].`, '');
      if (draw + 1 === MAXIMUM_DRAWS) throw new UserError(`${space.source}: ${reason}`);
      rejected.push(`${describeParameters(parameters)}: ${reason}`);
    }
  }
}

function planSeeds(
  space: Space,
  index: number,
  parameters: ParameterValues,
  device: DeviceChoice,
  rungs: readonly Rung[],
): PlannedRun[] {
  const { algorithm, environment, settings, steps, seeds, source, name, description } = space;
  const { numEnvs = space.numEnvs, ...options } = parameters as ParameterValues & { numEnvs?: number };
  const entry = {
    algorithm,
    environment,
    settings,
    label: `trial-${index}`,
    options: { ...space.options, ...options },
    numEnvs,
    steps,
  };
  const { episodes, evaluationEpisodes } = space;
  // Each rung ends at a point of the learning curve.
  const evaluations = rungs[rungs.length - 1].point;
  const suite = { name, description, source, seeds, episodes, evaluationEpisodes, evaluations, entries: [entry] };
  return planRuns(suite, { device });
}

/** `learningRate=0.001 batchSize=64`, to be read. */
export function describeParameters(parameters: ParameterValues): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${describeValue(value)}`)
    .join(' ');
}

function describeValue(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value)
    ? String(Number(value.toPrecision(4)))
    : JSON.stringify(value);
}
