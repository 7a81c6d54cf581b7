import type { OptionCheck } from '@gradus/tensor';

/** Goes straight from `from` to `to` while progress goes from 0 to `until`, then stays. */
export interface LinearSchedule {
  readonly kind: 'linear';
  readonly from: number;
  readonly to: number;
  readonly until: number;
}

/** Goes from `from` to `to` at a constant ratio. */
export interface ExponentialSchedule {
  readonly kind: 'exponential';
  readonly from: number;
  readonly to: number;
}

/** Straight lines between points (progress, value); constant before the first and after the last. */
export interface PiecewiseSchedule {
  readonly kind: 'piecewise';
  readonly points: readonly (readonly [progress: number, value: number])[];
}

/**
 * How a hyper-parameter changes while training goes from progress 0 to 1; a plain number stays constant. Schedules are data,
 * not functions, so that options can be saved with an agent and written in JSON.
 */
export type Schedule = number | LinearSchedule | ExponentialSchedule | PiecewiseSchedule;

/** From `from` to `to` over the first part `until` (0 < until ≤ 1, by default all) of training. */
export function linear(from: number, to: number, until = 1): LinearSchedule {
  if (!(until > 0 && until <= 1)) throw new RangeError(`until: expected a number in (0, 1], got ${until}`);
  return { kind: 'linear', from, to, until };
}

/** from · (to / from)^progress; both positive. */
export function exponential(from: number, to: number): ExponentialSchedule {
  if (!(from > 0 && to > 0)) throw new RangeError(`exponential: expected positive ends, got ${from} and ${to}`);
  return { kind: 'exponential', from, to };
}

/** Straight lines between points (progress, value), which must come in increasing order of progress. */
export function piecewise(points: PiecewiseSchedule['points']): PiecewiseSchedule {
  if (points.length === 0) throw new RangeError('piecewise: expected at least one point, got none');
  for (let i = 1; i < points.length; i++) {
    if (!(points[i][0] > points[i - 1][0])) {
      throw new RangeError(`piecewise: expected increasing progress, got ${points[i][0]} after ${points[i - 1][0]}`);
    }
  }
  return { kind: 'piecewise', points };
}

/** The value of `schedule` at `progress`, the part of the training steps that is done; clipped to [0, 1]. */
export function scheduleValue(schedule: Schedule, progress: number): number {
  if (typeof schedule === 'number') return schedule;
  const at = Math.min(Math.max(progress, 0), 1);
  switch (schedule.kind) {
    case 'linear':
      return interpolate(schedule.from, schedule.to, Math.min(at / schedule.until, 1));
    case 'exponential':
      return schedule.from * (schedule.to / schedule.from) ** at;
    case 'piecewise':
      return piecewiseValue(schedule.points, at);
  }
}

function piecewiseValue(points: PiecewiseSchedule['points'], at: number): number {
  const next = points.findIndex(([progress]) => progress > at);
  if (next === 0) return points[0][1];
  if (next === -1) return points[points.length - 1][1];
  const [start, from] = points[next - 1];
  const [end, to] = points[next];
  return interpolate(from, to, (at - start) / (end - start));
}

/** Exact at both ends, which from + (to − from) · part is not. */
function interpolate(from: number, to: number, part: number): number {
  return (1 - part) * from + part * to;
}

/** A number that `check` accepts, or a schedule whose every value it accepts. */
export function scheduleOf(check: OptionCheck): OptionCheck {
  return {
    expected: `${check.expected}, or a schedule of such numbers`,
    accepts: (value) => {
      if (typeof value !== 'object' || value === null || !('kind' in value)) return check.accepts(value);
      if ('points' in value) {
        return (
          Array.isArray(value.points) &&
          value.points.every((point: unknown) => Array.isArray(point) && check.accepts(point[1]))
        );
      }
      return 'from' in value && 'to' in value && check.accepts(value.from) && check.accepts(value.to);
    },
  };
}
