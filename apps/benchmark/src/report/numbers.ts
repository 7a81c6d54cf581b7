import type { Interval } from '@gradus/core';
import type { MeanAndStd } from './summarize-group.ts';

/** Typographic minus, and the space at which no line is broken. */
const MINUS = '−';
const SPACE = '\u00a0';

/** A return, to a precision that goes with its size: −73.5, 0.744. */
export function scoreText(value: number): string {
  return fixed(value, Math.abs(value) < 10 ? 3 : 1);
}

/** mean ± standard deviation, to the mean's precision; without the latter where there is none. */
export function meanAndStdText({ mean, std }: MeanAndStd): string {
  if (Number.isNaN(std)) return scoreText(mean);
  return `${scoreText(mean)} ± ${fixed(std, Math.abs(mean) < 10 ? 3 : 1)}`;
}

/** [low, high] */
export function intervalText({ low, high }: Interval, text: (value: number) => string = scoreText): string {
  return `[${text(low)}, ${text(high)}]`;
}

/** A number with so many digits after the point. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  // What rounds to zero has no sign.
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', MINUS);
}

/** 0.873 as 87 % */
export function percentText(share: number): string {
  return `${(100 * share).toFixed(0)}${SPACE}%`;
}

/** 0.873 as 87.3, where it is said that these are percent */
export function partText(share: number): string {
  return fixed(100 * share, 1);
}

/** A p-value: 0.0079, < 0.0001 */
export function pValueText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}

/** 12345 as 12,345 */
export function countText(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 1_000_000 as 1M, 100_000 as 100k */
export function stepsText(steps: number): string {
  if (steps >= 1_000_000) return `${Number((steps / 1_000_000).toPrecision(3))}M`;
  return steps >= 1000 ? `${Number((steps / 1000).toPrecision(3))}k` : String(steps);
}

/** 75 as 1 min 15 s */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)}${SPACE}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return [Math.floor(whole / 60), 'min', whole % 60, 's'].join(SPACE);
  return [Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min'].join(SPACE);
}
