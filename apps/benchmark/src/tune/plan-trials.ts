import { rejectUnknown } from '@gradus/core';
import { algorithms } from '../catalog/algorithms.ts';
import type { DeviceChoice } from '../catalog/devices.ts';
import { identifyRun } from '../runs/planned-run.ts';
import { fromUser } from '../user-error.ts';
import { applyParameters, optionOf } from './apply-parameters.ts';
import { Candidates, type Candidate } from './candidates.ts';
import type { ParameterValues } from './parameter.ts';
import { spaceRungs, type Rung } from './rungs.ts';
import { evolutionDefaults, trialsOf, type Space } from './space.ts';

/** A combination of parameters that is tried. */
export interface Trial extends Candidate {
  /** Counted from 0. */
  readonly index: number;
}

/** The trials of a space, and what makes no agent. */
export interface PlannedTrials {
  /** All of them; of an evolution the first generation. */
  readonly trials: readonly Trial[];
  /** Of all, or of one generation. */
  readonly rungs: readonly Rung[];
  /** 1 but for an evolution. */
  readonly generations: number;
  /** The next generation, made of these parents, the best first. It has fewer trials, or none, where the space has no more. */
  readonly breed: (parents: readonly Trial[]) => readonly Trial[];
  /** Combinations that do not fit together, each with the reason: others were taken instead, as far as there are some. */
  readonly rejected: readonly string[];
  /** Whether these are all combinations that the space has, though more were asked for. */
  readonly isExhausted: boolean;
}

/**
 * Random search (Bergstra and Bengio, 2012): independent draws, none of them twice; fewer where the space has no more. The same
 * space gives the same trials; more trials begin with those that fewer have, and another parameter leaves the draws of the others
 * alone. A grid has all combinations, the last parameter's values side by side. An evolution begins with draws, and what comes later follows from the space and
 * from which parents it is told.
 * @throws UserError for an algorithm, environment, option or parameter that does not exist, a value that fits with no others, or where
 *   nothing fits.
 */
export function planTrials(space: Space, device: DeviceChoice): PlannedTrials {
  checkNames(space);
  const candidates = new Candidates(space, device);
  candidates.checkExtremes();
  const { strategy, evolution = evolutionDefaults } = space;
  const wanted = trialsOf(space);
  const atOnce = strategy === 'evolution' ? evolution.population : wanted;
  const found = atOnce === undefined || strategy === 'grid' ? candidates.grid() : candidates.drawAll(atOnce);
  const rungs = spaceRungs(space, found.length);
  // Each rung ends at a point of the learning curve.
  const evaluations = rungs[rungs.length - 1].point;
  let count = 0;
  const numbered = (made: readonly Candidate[]): Trial[] =>
    made.map(({ parameters, runs }) => {
      const index = count++;
      return {
        index,
        parameters,
        runs: runs.map((run) => identifyRun({ ...run, label: `trial-${index}`, evaluations })),
      };
    });
  return {
    trials: numbered(found),
    rungs,
    generations: strategy === 'evolution' ? (wanted ?? 0) / evolution.population : 1,
    breed: (parents) =>
      numbered(
        candidates.breed(
          evolution.population,
          parents.map(({ parameters }) => parameters),
        ),
      ),
    rejected: candidates.rejected,
    isExhausted: strategy !== 'grid' && found.length < (atOnce ?? 0),
  };
}

function checkNames({ algorithm, options, parameters, source }: Space): void {
  // Unknown algorithms are told of where a run is planned.
  if (!Object.hasOwn(algorithms, algorithm)) return;
  fromUser(() => {
    const named = Object.fromEntries(Object.keys(parameters).map((name) => [optionOf(name), null]));
    rejectUnknown('parameters', named, { ...algorithms[algorithm].defaults, numEnvs: 1 });
  }, source);
  fromUser(() => applyParameters(options, withoutValues(parameters)), `${source}: parameters`);
}

/** No values: to see whether there is a place for each. */
function withoutValues(parameters: Space['parameters']): ParameterValues {
  return Object.fromEntries(Object.keys(parameters).map((name) => [name, null]));
}
