import * as Plot from '@observablehq/plot';
import { drawFigure, type Figure } from '../report/figure.ts';
import { axes, band, frame, hoverDots } from '../report/marks.ts';
import { makeSeries } from '../report/series.ts';
import type { Estimate } from '../report/summarize-group.ts';

/** A point of a curve: a mean over seeds with its interval. */
export interface CurvePoint extends Estimate {
  readonly x: number;
}

/** A line with its interval around it. */
export interface Curve {
  readonly label: string;
  readonly points: readonly CurvePoint[];
}

/** One axis of a figure. */
interface CurvesAxis {
  readonly label: string;
  readonly type?: 'linear' | 'log';
  /** From where to where; what lies beyond is drawn at the edge. Default: what there is. */
  readonly domain?: readonly [low: number, high: number];
  readonly tickFormat?: string | ((value: number) => string);
}

/** What curves are drawn, and how. */
interface CurvesFigureOptions {
  readonly name: string;
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly x: CurvesAxis;
  readonly y: CurvesAxis;
}

/** Curves with their intervals; the first is in the first colour. */
export function curvesFigure({ name, title, curves, x, y }: CurvesFigureOptions): Figure {
  const series = [...makeSeries(curves.map(({ label }) => label)).values()];
  const scale = ({ type = 'linear', domain }: CurvesAxis): Plot.ScaleOptions => ({
    type,
    clamp: true,
    ...(domain === undefined ? { nice: true } : { domain }),
  });
  return drawFigure({
    name,
    title,
    description: `${title}: ${y.label} over ${x.label}, for ${curves.map(({ label }) => label).join(', ')}`,
    series,
    plot: {
      ...frame,
      width: 480,
      height: 300,
      marginLeft: 52,
      marginRight: 20,
      x: scale(x),
      y: scale(y),
      marks: [
        ...axes(
          { label: x.label, ...(x.tickFormat !== undefined && { tickFormat: x.tickFormat }) },
          { label: y.label, ...(y.tickFormat !== undefined && { tickFormat: y.tickFormat }) },
        ),
        ...curves.map(({ points }, i) => band(points, 'x', series[i])),
        ...curves.map(({ points }, i) => {
          const { colour: stroke, dash: strokeDasharray } = series[i];
          return Plot.line(points, { x: 'x', y: 'value', stroke, strokeWidth: 2, strokeDasharray });
        }),
        ...curves.map(({ label, points }) =>
          hoverDots(points, 'x', (point) => `${label}, ${point.x}: ${Number(point.value.toPrecision(4))}`),
        ),
      ],
    },
  });
}
