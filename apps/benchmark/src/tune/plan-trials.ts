import { Random, rejectUnknown } from '@gradus/core';
import { algorithms } from '../catalog/algorithms.ts';
import type { DeviceChoice } from '../catalog/devices.ts';
import { planRuns } from '../suites/plan-runs.ts';
import { identifyRun, type PlannedRun } from '../runs/planned-run.ts';
import { hashOf } from '../files/seal.ts';
import { fromUser, UserError } from '../user-error.ts';
import { countValues, drawParameter, extremeValues, gridValues } from './parameter.ts';
import { spaceRungs, type Rung } from './rungs.ts';
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

/** The trials of a space, and what makes no agent. */
export interface PlannedTrials {
  readonly trials: readonly Trial[];
  readonly rungs: readonly Rung[];
  /** Combinations that do not fit together, each with the reason: others were taken instead, as far as there are some. */
  readonly rejected: readonly string[];
  /** Whether these are all combinations that the space has, though more were asked for. */
  readonly isExhausted: boolean;
}

/** Combinations in a row that make no agent, after which the space is taken to be wrong. */
const MAXIMUM_REJECTED = 100;

/** Draws in a row that were drawn before, after which a space of ranges is taken to be exhausted: they are only some digits wide. */
const MAXIMUM_REPEATED = 1000;

/** Combinations of a grid that does not say how many it may have. */
const MAXIMUM_GRID = 100_000;

/** Trials of a random search that does not say how many. */
const TRIALS = 20;

/**
 * Random search (Bergstra and Bengio, 2012): `space.trials` independent draws, none of them twice; fewer where the space has no more. The same
 * space gives the same trials; more trials begin with those that fewer have, and another parameter leaves the draws of the others
 * alone. A grid has all combinations, the last parameter's values side by side.
 * @throws UserError for an algorithm, environment, option or parameter that does not exist, a value that fits with no others, or where
 *   nothing fits.
 */
export function planTrials(space: Space, device: DeviceChoice): PlannedTrials {
  checkNames(space);
  const candidates = new Candidates(space, device);
  candidates.checkExtremes();
  const found = space.strategy === 'grid' ? candidates.grid() : candidates.drawAll(space.trials ?? TRIALS);
  const rungs = spaceRungs(space, found.length);
  // Each rung ends at a point of the learning curve.
  const evaluations = rungs[rungs.length - 1].point;
  return {
    trials: found.map(({ parameters, runs }, index) => ({
      index,
      parameters,
      runs: runs.map((run) => identifyRun({ ...run, label: `trial-${index}`, evaluations })),
    })),
    rungs,
    rejected: candidates.rejected,
    isExhausted: space.strategy !== 'grid' && found.length < (space.trials ?? TRIALS),
  };
}

function checkNames({ algorithm, parameters, source }: Space): void {
  // Unknown algorithms are told of where a run is planned.
  if (!Object.hasOwn(algorithms, algorithm)) return;
  fromUser(() => {
    rejectUnknown('parameters', parameters, { ...algorithms[algorithm].defaults, numEnvs: 1 });
  }, source);
}

/** A combination that makes an agent, and its runs, which are not counted yet. */
type Candidate = Pick<Trial, 'parameters' | 'runs'>;

/** Combinations of parameters that make an agent. */
class Candidates {
  readonly rejected: string[] = [];
  private readonly space: Space;
  private readonly device: DeviceChoice;
  private readonly random: Random;

  constructor(space: Space, device: DeviceChoice) {
    this.space = space;
    this.device = device;
    this.random = new Random(space.seed);
  }

  /** @throws UserError for an end of a range, or a value of a choice, that makes no agent whatever the other parameters are. */
  checkExtremes(): void {
    const { parameters, source } = this.space;
    for (const [name, parameter] of Object.entries(parameters)) {
      for (const { place, value } of extremeValues(parameter)) {
        let problem: string | undefined;
        for (let attempt = 0; attempt < MAXIMUM_REJECTED; attempt++) {
          const others = this.draw(this.random.fork(`${name} ${place} ${attempt}`));
          const runs = this.plan({ ...others, [name]: value });
          problem = typeof runs === 'string' ? runs : undefined;
          if (problem === undefined) break;
        }
        if (problem !== undefined) throw new UserError(`${source}: parameters.${name}.${place}: ${problem}`);
      }
    }
  }

  /** So many different combinations, or as many as there are. */
  drawAll(trials: number): Candidate[] {
    const size = Object.values(this.space.parameters).reduce((product, each) => product * countValues(each), 1);
    const seen = new Set<string>();
    const found: Candidate[] = [];
    while (found.length < trials && seen.size < size) {
      const next = this.drawNew(found.length, seen, size);
      if (next === undefined) break;
      found.push(next);
    }
    return found.length > 0 ? found : this.nothingFits();
  }

  /** All combinations. */
  grid(): Candidate[] {
    const { parameters, trials, source } = this.space;
    const axes = Object.entries(parameters).map(([name, each]) => ({ name, values: gridValues(each) ?? [] }));
    const size = axes.reduce((product, { values }) => product * values.length, 1);
    const most = trials ?? MAXIMUM_GRID;
    if (size > most) throw new UserError(`${source}: parameters: expected at most ${most} combinations, got ${size}`);
    const all = axes.reduce<ParameterValues[]>(
      (combinations, { name, values }) =>
        combinations.flatMap((each) => values.map((value) => ({ ...each, [name]: value }))),
      [{}],
    );
    const found = all.flatMap((parameters) => this.candidate(parameters) ?? []);
    return found.length > 0 ? found : this.nothingFits();
  }

  /** The first combination of trial `index` that was not seen before and fits; undefined where there is none left. */
  private drawNew(index: number, seen: Set<string>, size: number): Candidate | undefined {
    let repeated = 0;
    let rejected = 0;
    for (let draw = 0; seen.size < size; draw++) {
      const parameters = this.draw(this.random.fork(`trial ${index}, draw ${draw}`));
      const name = hashOf(parameters);
      if (seen.has(name)) {
        repeated++;
        if (size === Infinity && repeated === MAXIMUM_REPEATED) return undefined;
        continue;
      }
      seen.add(name);
      const candidate = this.candidate(parameters);
      if (candidate !== undefined) return candidate;
      rejected++;
      if (rejected === MAXIMUM_REJECTED) this.nothingFits();
    }
    return undefined;
  }

  private draw(stream: Random): ParameterValues {
    return Object.fromEntries(
      Object.entries(this.space.parameters).map(([name, each]) => [name, drawParameter(each, stream.fork(name))]),
    );
  }

  /** These parameters with their runs; undefined, and rejected, where they make no agent. */
  private candidate(parameters: ParameterValues): Candidate | undefined {
    const runs = this.plan(parameters);
    if (typeof runs !== 'string') return { parameters, runs };
    this.rejected.push(`${describeParameters(parameters)}: ${runs}`);
    return undefined;
  }

  /** The runs of these parameters, or why they make no agent, which is found out by making one. */
  private plan(parameters: ParameterValues): readonly PlannedRun[] | string {
    try {
      return planSeeds(this.space, parameters, this.device);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // The space takes the place of the suite that it was planned as.
      return error.message.replace(`${this.space.source}: entries[0].`, '');
    }
  }

  private nothingFits(): never {
    throw new UserError(`${this.space.source}: no combination fits, such as ${String(this.rejected.at(-1))}`);
  }
}

function planSeeds(space: Space, parameters: ParameterValues, device: DeviceChoice): PlannedRun[] {
  const { algorithm, environment, settings, steps, seeds, source, name, description } = space;
  const { numEnvs = space.numEnvs, ...options } = parameters as ParameterValues & { numEnvs?: number };
  const entry = {
    algorithm,
    environment,
    settings,
    label: 'trial',
    options: { ...space.options, ...options },
    numEnvs,
    steps,
  };
  const { episodes, evaluationEpisodes } = space;
  const suite = { name, description, source, seeds, episodes, evaluationEpisodes, evaluations: 1, entries: [entry] };
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
