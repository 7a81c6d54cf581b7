import { Random } from '@gradus/core';
import type { DeviceChoice } from '../catalog/devices.ts';
import { hashOf } from '../files/seal.ts';
import type { PlannedRun } from '../runs/planned-run.ts';
import { planRuns } from '../suites/plan-runs.ts';
import { UserError } from '../user-error.ts';
import { applyParameters } from './apply-parameters.ts';
import { breedParameters } from './breed-parameters.ts';
import {
  countValues,
  describeParameters,
  drawParameter,
  extremeValues,
  gridValues,
  type ParameterValues,
} from './parameter.ts';
import { evolutionDefaults, type Space } from './space.ts';

/** Combinations in a row that make no agent, after which the space is taken to be wrong. */
const MAXIMUM_REJECTED = 100;

/** Draws in a row that were drawn before, after which a space of ranges is taken to be exhausted: they are only some digits wide. */
const MAXIMUM_REPEATED = 1000;

/** Children that are tried for one that is new and fits: less than {@link MAXIMUM_REJECTED}, so that draws get their turn. */
const MAXIMUM_CHILDREN = 50;

/** Combinations of a grid that does not say how many it may have. */
const MAXIMUM_GRID = 100_000;

/** A combination that makes an agent, and its runs, one for each seed. */
export interface Candidate {
  readonly parameters: ParameterValues;
  readonly runs: readonly PlannedRun[];
}

/** Makes a combination with a stream of its own; `draw` counts those that were no new trial. */
type Draw = (stream: Random, draw: number) => ParameterValues;

/** Combinations of parameters that make an agent, none of them twice. */
export class Candidates {
  readonly rejected: string[] = [];
  /** How many combinations there are; Infinity where there are ranges. */
  private readonly size: number;
  /** Those that were drawn, by their hashes. */
  private readonly seen = new Set<string>();
  /** Trials that they were drawn for. */
  private count = 0;
  private readonly space: Space;
  private readonly device: DeviceChoice;
  private readonly random: Random;

  constructor(space: Space, device: DeviceChoice) {
    this.space = space;
    this.device = device;
    this.random = new Random(space.seed);
    this.size = Object.values(space.parameters).reduce((product, each) => product * countValues(each), 1);
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

  /** So many that are independent of each other, or as many as there are. */
  drawAll(trials: number): Candidate[] {
    const found = this.make(trials, (stream) => this.draw(stream));
    return found.length > 0 ? found : this.nothingFits();
  }

  /** So many children of `parents`, the best of whom is the first, or as many as there are. */
  breed(trials: number, parents: readonly ParameterValues[]): Candidate[] {
    const { parameters, evolution = evolutionDefaults } = this.space;
    return this.make(trials, (stream, draw) =>
      // Where parents have next to no other children left, others come in.
      draw < MAXIMUM_CHILDREN ? breedParameters(parents, parameters, evolution, stream) : this.draw(stream),
    );
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

  private make(trials: number, draw: Draw): Candidate[] {
    const found: Candidate[] = [];
    while (found.length < trials && this.seen.size < this.size) {
      const next = this.makeNew(draw);
      if (next === undefined) break;
      found.push(next);
      this.count++;
    }
    return found;
  }

  /** The first combination of the next trial that was not seen before and fits; undefined where there is none left. */
  private makeNew(makeOne: Draw): Candidate | undefined {
    const { random, count, seen, size } = this;
    let repeated = 0;
    let rejected = 0;
    for (let draw = 0; seen.size < size; draw++) {
      const parameters = makeOne(random.fork(`trial ${count}, draw ${draw}`), draw);
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
  const { numEnvs = space.numEnvs, ...others } = parameters as ParameterValues & { numEnvs?: number };
  const entry = {
    algorithm,
    environment,
    settings,
    label: 'trial',
    options: applyParameters(space.options, others),
    numEnvs,
    steps,
  };
  const { episodes, evaluationEpisodes } = space;
  const suite = { name, description, source, seeds, episodes, evaluationEpisodes, evaluations: 1, entries: [entry] };
  return planRuns(suite, { device });
}
