import * as Plot from '@observablehq/plot';
import { intervalText } from './numbers.ts';
import type { Series } from './series.ts';
import type { Estimate } from './summarize-group.ts';

/** Margins of a plot with axes below and to the left. */
export const frame = { marginLeft: 44, marginRight: 14, marginTop: 24, marginBottom: 38 } as const;
/** Of text that lies on lines. */
export const halo = { stroke: 'var(--paper)', strokeWidth: 4 } as const;
const quiet = { ticks: 5, tickSize: 0, labelArrow: 'none', color: 'var(--muted)' } as const;
const grid = { ticks: 5, stroke: 'var(--grid)', strokeOpacity: 1 } as const;

/** Grid lines, and axes without lines of their own. */
export function axes(x: Plot.AxisXOptions, y: Plot.AxisYOptions): Plot.Markish[] {
  return [
    Plot.gridY(grid),
    Plot.axisX({ ...quiet, labelAnchor: 'center', ...x }),
    Plot.axisY({ ...quiet, labelAnchor: 'top', ...y }),
  ];
}

/** Grid lines, and an axis below alone. */
export function horizontalAxis(x: Plot.AxisXOptions): Plot.Markish[] {
  return [Plot.gridX(grid), Plot.axisX({ ...quiet, labelAnchor: 'center', ...x })];
}

/** The interval around a curve. */
export function band(points: readonly Estimate[], x: string, { colour }: Series): Plot.Markish {
  return Plot.areaY(points, { x, y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.18 });
}

/** Points that are not seen but say their values when they are pointed at. */
export function hoverDots<Point extends Estimate>(
  points: readonly Point[],
  x: string,
  title: (point: Point) => string,
): Plot.Markish {
  return Plot.dot(points, { x, y: 'value', r: 6, fill: 'transparent', title });
}

/** An estimate, what it is of, and the CSS colour that it is drawn in. */
interface NamedEstimate extends Estimate {
  readonly name: string;
  readonly colour: string;
}

/** Estimates one below the other, each with its name, interval and value. */
export function intervals(
  estimates: readonly NamedEstimate[],
  text: (value: number) => string,
  axis: Plot.AxisXOptions,
  { domain, rule }: { readonly domain?: readonly number[]; readonly rule?: number } = {},
): Plot.PlotOptions {
  return {
    ...frame,
    height: 46 + 38 * estimates.length,
    marginTop: 6,
    marginLeft: 14,
    x: domain === undefined ? { nice: true, inset: 6 } : { domain, inset: 6 },
    color: { type: 'identity' },
    y: { type: 'band', domain: estimates.map(({ name }) => name), axis: null },
    marks: [
      ...horizontalAxis(axis),
      Plot.ruleX(rule === undefined ? [] : [rule], { stroke: 'var(--muted)', strokeDasharray: '2 3' }),
      Plot.ruleY(estimates, {
        y: 'name',
        x1: 'low',
        x2: 'high',
        stroke: 'colour',
        strokeWidth: 7,
        strokeOpacity: 0.3,
        dy: 8,
      }),
      Plot.tickX(estimates, {
        x: 'value',
        y: 'name',
        stroke: 'colour',
        strokeWidth: 2.5,
        insetTop: 18,
        insetBottom: 2,
      }),
      Plot.text(estimates, {
        y: 'name',
        frameAnchor: 'left',
        textAnchor: 'start',
        dy: -8,
        fill: 'var(--ink)',
        ...halo,
        text: (estimate: NamedEstimate) =>
          `${estimate.name}   ${text(estimate.value)}  ${intervalText(estimate, text)}`,
      }),
    ],
  };
}
