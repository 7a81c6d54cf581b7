import * as Plot from '@observablehq/plot';
import { publishedSources, solvedReturns } from '../catalog/published-scores.ts';
import { PROFILE_THRESHOLDS, type Aggregate, type Improvement } from './aggregate.ts';
import { drawFigure, type Figure } from './figure.ts';
import { axes, band, frame, halo, horizontalAxis, hoverDots, intervals } from './marks.ts';
import { countText, intervalText, percentText, scoreText, stepsText } from './numbers.ts';
import type { Series } from './series.ts';
import type { GroupSummary } from './summarize-group.ts';

type SeriesOf = ReadonlyMap<string, Series>;

/** The learning curves of all algorithms in one environment: means over seeds, their intervals, and each seed thinly behind. */
export function learningCurves(environment: string, summaries: readonly GroupSummary[], seriesOf: SeriesOf): Figure {
  const solved = Object.hasOwn(solvedReturns, environment) ? [solvedReturns[environment]] : [];
  const series = summaries.map(({ group }) => styleOf(seriesOf, group.label));
  const x = stepsScale(summaries);
  return drawFigure({
    name: `learning-curves-${environment}`,
    title: environment,
    description: `Learning curves in ${environment} of ${series.map(({ label }) => label).join(', ')}`,
    series,
    plot: {
      ...frame,
      x,
      y: { nice: true },
      marks: [
        ...axes(
          { label: x.type === 'log' ? 'environment steps (logarithmic)' : 'environment steps', tickFormat: stepsText },
          { label: 'mean return', tickFormat: ',~f' },
        ),
        Plot.ruleY(solved, { stroke: 'var(--muted)', strokeDasharray: '2 3' }),
        Plot.text(solved, {
          y: (value: number) => value,
          text: (value: number) => `solved: ${scoreText(value).replace(/\.0$/, '')}`,
          frameAnchor: 'left',
          textAnchor: 'start',
          dx: 2,
          dy: -7,
          fontSize: 10,
          fill: 'var(--muted)',
          ...halo,
        }),
        ...summaries.map((summary) => band(summary.curve, 'step', styleOf(seriesOf, summary.group.label))),
        ...summaries.map(({ group }) => {
          const { colour: stroke } = styleOf(seriesOf, group.label);
          const points = group.runs.flatMap(({ run, curve }) => curve.map((point) => ({ ...point, seed: run.seed })));
          return Plot.line(points, {
            x: 'step',
            y: 'mean_return',
            z: 'seed',
            stroke,
            strokeWidth: 0.7,
            strokeOpacity: 0.4,
          });
        }),
        ...summaries.map(({ group, curve }) => {
          const { colour: stroke, dash: strokeDasharray } = styleOf(seriesOf, group.label);
          return Plot.line(curve, { x: 'step', y: 'value', stroke, strokeWidth: 2, strokeDasharray });
        }),
        ...summaries.map(({ group, curve }) =>
          hoverDots(curve, 'step', (point) => {
            return `${group.label}, ${countText(point.step)} steps: ${scoreText(point.value)} ${intervalText(point)}`;
          }),
        ),
      ],
    },
  });
}

/**
 * Final scores in one environment: a ring for each seed, a cross for one that failed or is missing, mean and interval, and published
 * scores of the same algorithms.
 */
export function finalScoresFigure(environment: string, summaries: readonly GroupSummary[], seriesOf: SeriesOf): Figure {
  const labels = summaries.map(({ group }) => group.label);
  const published = summaries.flatMap(({ group, published: comparisons }) =>
    comparisons.map(({ published: score }) => ({ ...score, label: group.label })),
  );
  return drawFigure({
    name: `final-scores-${environment}`,
    title: `${environment}: final scores`,
    description: `Final scores in ${environment} of ${labels.join(', ')}, beside published ones`,
    series: labels.map((label) => styleOf(seriesOf, label)),
    plot: {
      ...frame,
      height: 52 + 30 * labels.length,
      marginTop: 6,
      x: { nice: true, inset: 6 },
      y: { type: 'band', domain: labels, axis: null, padding: 0 },
      symbol: { domain: Object.keys(publishedSources), range: ['diamond', 'triangle', 'square'] },
      marks: [
        ...horizontalAxis({ label: 'final return', tickFormat: ',~f' }),
        ...summaries.flatMap((summary) => {
          const { label } = summary.group;
          const { colour } = styleOf(seriesOf, label);
          const scores = summary.group.runs.map(({ run, mean_return }) => ({ label, seed: run.seed, mean_return }));
          const { lost, lostScore } = summary.group;
          const crosses = lost.map(({ run, error }) => ({
            label,
            lostScore,
            text: `seed ${run.seed}: ${error ?? 'missing'}`,
          }));
          const mean = [{ ...summary.mean, label }];
          return [
            Plot.ruleY(mean, {
              y: 'label',
              x1: 'low',
              x2: 'high',
              stroke: colour,
              strokeWidth: 7,
              strokeOpacity: 0.25,
            }),
            Plot.dot(scores, {
              x: 'mean_return',
              y: 'label',
              r: 2.5,
              stroke: colour,
              fill: 'var(--paper)',
              title: (score: (typeof scores)[number]) =>
                `${label}, seed ${score.seed}: ${scoreText(score.mean_return)}`,
            }),
            Plot.dot(crosses, {
              x: 'lostScore',
              y: 'label',
              symbol: 'times',
              r: 3.5,
              stroke: colour,
              title: ({ text }: (typeof crosses)[number]) => `${label}, ${text}`,
            }),
            Plot.tickX(mean, { x: 'value', y: 'label', stroke: colour, strokeWidth: 2.5, insetTop: 7, insetBottom: 7 }),
          ];
        }),
        Plot.dot(published, {
          x: 'mean',
          y: 'label',
          symbol: 'source',
          r: 4,
          dy: 11,
          fill: 'var(--ink)',
          title: (score: (typeof published)[number]) => {
            return `${publishedSources[score.source].name}, ${score.algorithm}: ${scoreText(score.mean)}`;
          },
        }),
      ],
    },
  });
}

/** IQM and optimality gap of the normalised scores, each with its interval. */
export function aggregateFigures({ rows }: Aggregate, seriesOf: SeriesOf): Figure[] {
  const labels = rows.map(({ label }) => label);
  const series = labels.map((label) => styleOf(seriesOf, label));
  const interval = (name: string, title: string, description: string, metric: 'iqm' | 'optimalityGap') =>
    drawFigure({
      name,
      title,
      description,
      series,
      plot: intervals(
        rows.map((row) => ({ ...row[metric], name: row.label, colour: styleOf(seriesOf, row.label).colour })),
        (value) => value.toFixed(3),
        { label: 'normalised score' },
      ),
    });
  return [
    interval('aggregate-iqm', 'Interquartile mean', 'Interquartile means of normalised scores', 'iqm'),
    interval('aggregate-optimality-gap', 'Optimality gap', 'Optimality gaps of normalised scores', 'optimalityGap'),
  ];
}

/** The share of runs above each normalised score. */
export function performanceProfiles({ rows }: Aggregate, seriesOf: SeriesOf): Figure {
  const series = rows.map(({ label }) => styleOf(seriesOf, label));
  const curves = rows.map(({ label, profile }) => ({
    label,
    points: profile.map((estimate, i) => ({ ...estimate, threshold: PROFILE_THRESHOLDS[i] })),
  }));
  return drawFigure({
    name: 'performance-profiles',
    title: 'Performance profiles',
    description: `Share of runs above each normalised score, for ${series.map(({ label }) => label).join(', ')}`,
    series,
    plot: {
      ...frame,
      x: { domain: [0, 1] },
      y: { domain: [0, 1] },
      marks: [
        ...axes({ label: 'normalised score τ' }, { label: 'share of runs above τ', tickFormat: '.0%' }),
        ...curves.map(({ label, points }) => band(points, 'threshold', styleOf(seriesOf, label))),
        ...curves.map(({ label, points }) => {
          const { colour: stroke, dash: strokeDasharray } = styleOf(seriesOf, label);
          return Plot.line(points, { x: 'threshold', y: 'value', stroke, strokeWidth: 2, strokeDasharray });
        }),
        ...curves.map(({ label, points }) =>
          hoverDots(points, 'threshold', (point) => `${label}: ${percentText(point.value)} above ${point.threshold}`),
        ),
      ],
    },
  });
}

/** P(X > Y) for pairs of algorithms. */
export function improvementFigure(pairs: readonly Improvement[]): Figure {
  return drawFigure({
    name: 'probability-of-improvement',
    title: 'Probability of improvement',
    description: 'Probabilities that one algorithm improves on another',
    series: [],
    plot: intervals(
      pairs.map((pair) => ({ ...pair, name: `${pair.x} > ${pair.y}`, colour: 'var(--series-1)' })),
      percentText,
      { label: 'P(X > Y)', tickFormat: '.0%' },
      { domain: [0, 1], rule: 0.5 },
    ),
  });
}

/** From 0, but logarithmic where budgets are so different that the shorter curves would be squeezed into a corner. */
function stepsScale(summaries: readonly GroupSummary[]): Plot.ScaleOptions {
  const budgets = summaries.map(({ group }) => group.runs.at(0)?.steps ?? group.task.steps);
  const longest = Math.max(...budgets);
  if (longest <= 4 * Math.min(...budgets)) return { domain: [0, longest] };
  return {
    type: 'log',
    domain: [Math.min(...summaries.flatMap(({ curve }) => curve.slice(0, 1)).map(({ step }) => step)), longest],
  };
}

function styleOf(seriesOf: SeriesOf, label: string): Series {
  return seriesOf.get(label) ?? { label, colour: 'var(--ink)', dash: 'none' };
}
