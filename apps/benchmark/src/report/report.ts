import type { Results } from '../results/results-folder.ts';
import { finishedOnly, groupRuns, type RunGroup } from '../results/run-groups.ts';
import { aggregateGroups, improvements, type Aggregate, type Improvement } from './aggregate.ts';
import type { Figure } from './figure.ts';
import {
  aggregateFigures,
  finalScoresFigure,
  improvementFigure,
  learningCurves,
  performanceProfiles,
} from './figures.ts';
import { makeSeries, type Series } from './series.ts';
import { summarizeGroup, type GroupSummary } from './summarize-group.ts';

/** Everything that a report shows. */
export interface Report {
  readonly results: readonly Results[];
  /** Algorithms in environments of which runs failed or are missing. */
  readonly incomplete: readonly RunGroup[];
  /** Whether these runs are left out rather than counted as the worst. */
  readonly ignoresLost: boolean;
  /** Algorithms in environments, those of one environment together. */
  readonly summaries: readonly GroupSummary[];
  readonly series: ReadonlyMap<string, Series>;
  /** Figures of each environment. */
  readonly environments: readonly EnvironmentFigures[];
  readonly aggregate: Aggregate | undefined;
  readonly improvements: readonly Improvement[];
  /** Figures over all environments, in columns. */
  readonly aggregateFigures: readonly (readonly Figure[])[];
}

/** How an environment's results look. */
interface EnvironmentFigures {
  readonly environment: string;
  readonly curves: Figure;
  readonly finalScores: Figure;
}

/**
 * Computes and draws what `results` say. Runs that failed or are missing count as the worst, or with `ignoreLost` not at all.
 * @throws UserError as `groupRuns` does.
 */
export function makeReport(results: readonly Results[], ignoreLost = false): Report {
  const all = groupRuns(results);
  // Where nothing is finished in an environment that nothing is known of, there is nothing to draw.
  const groups = ignoreLost ? finishedOnly(all) : all.filter(({ lostScore }) => lostScore !== undefined);
  const series = makeSeries(unique(groups, ({ label }) => label));
  const summaries = groups.map(summarizeGroup);
  const aggregate = aggregateGroups(groups);
  const pairs = improvements(groups);
  return {
    results,
    incomplete: all.filter(({ lost }) => lost.length > 0),
    ignoresLost: ignoreLost,
    summaries,
    series,
    environments: unique(groups, ({ environment }) => environment).map((environment) => {
      const own = summaries.filter(({ group }) => group.environment === environment);
      return {
        environment,
        curves: learningCurves(environment, own, series),
        finalScores: finalScoresFigure(environment, own, series),
      };
    }),
    aggregate,
    improvements: pairs,
    aggregateFigures: [
      ...(aggregate === undefined
        ? []
        : [[performanceProfiles(aggregate, series)], aggregateFigures(aggregate, series)]),
      ...(pairs.length === 0 ? [] : [[improvementFigure(pairs)]]),
    ],
  };
}

/** All figures of a report. */
export function reportFigures({ environments, aggregateFigures }: Report): Figure[] {
  return [...environments.flatMap(({ curves, finalScores }) => [curves, finalScores]), ...aggregateFigures.flat()];
}

function unique(groups: readonly RunGroup[], name: (group: RunGroup) => string): string[] {
  return [...new Set(groups.map(name))];
}
