import { checkArguments, finiteNumber, fraction, positiveNumber, valueText, type OptionCheck } from '@gradus/tensor';
import { aNumber, anObject } from '../options/argument-checks.ts';

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

/** From `from` to `to` over the first part `until` (0 < until ≤ 1, by default all) of training. Throws `RangeError` for what is no schedule. */
export function linear(from: number, to: number, until = 1): LinearSchedule {
  return checked({ kind: 'linear', from, to, until });
}

/** from · (to / from)^progress; both positive. Throws `RangeError` for what is no schedule. */
export function exponential(from: number, to: number): ExponentialSchedule {
  return checked({ kind: 'exponential', from, to });
}

/**
 * Straight lines between points (progress, value), which must come in increasing order of progress, in [0, 1]. Throws `RangeError` for what is no
 * schedule.
 */
export function piecewise(points: PiecewiseSchedule['points']): PiecewiseSchedule {
  return checked({ kind: 'piecewise', points });
}

function checked<Kind extends Exclude<Schedule, number>>(schedule: Kind): Kind {
  const problem = scheduleProblem(schedule, finiteNumber);
  if (problem !== undefined) throw new RangeError(`${schedule.kind}: ${problem}`);
  return schedule;
}

/** The members of each kind. */
const members: Readonly<Record<string, readonly string[]>> = {
  linear: ['kind', 'from', 'to', 'until'],
  exponential: ['kind', 'from', 'to'],
  piecewise: ['kind', 'points'],
};

/** What keeps `schedule` from being one whose values `check` accepts: undefined if nothing does. */
function scheduleProblem(schedule: object, check: OptionCheck): string | undefined {
  const given = schedule as Readonly<Record<string, unknown>>;
  const { kind, from, to, until, points } = given;
  if (typeof kind !== 'string' || !Object.hasOwn(members, kind)) {
    return `expected kind to be one of ${Object.keys(members).join(', ')}, got ${valueText(kind)}`;
  }
  const names = members[kind];
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) return `unknown member '${unknown}'; known are ${names.join(', ')}`;
  if (kind === 'piecewise') return pointsProblem(points, check);
  for (const [name, end] of Object.entries({ from, to })) {
    if (!check.accepts(end)) return `expected ${name} to be ${check.expected}, got ${valueText(end)}`;
    if (kind === 'exponential' && !positiveNumber.accepts(end)) {
      return `expected ${name} to be ${positiveNumber.expected}, got ${valueText(end)}`;
    }
  }
  if (kind === 'linear' && !(typeof until === 'number' && until > 0 && until <= 1)) {
    return `expected until to be a number in (0, 1], got ${valueText(until)}`;
  }
  return undefined;
}

function pointsProblem(points: unknown, check: OptionCheck): string | undefined {
  if (!Array.isArray(points) || points.length === 0) {
    return `expected at least one point [progress, value], got ${valueText(points)}`;
  }
  let before = -Infinity;
  for (const point of points as readonly unknown[]) {
    if (!Array.isArray(point) || point.length !== 2) {
      return `expected points [progress, value], got ${valueText(point)}`;
    }
    const [progress, value] = point as readonly unknown[];
    if (!fraction.accepts(progress)) return `expected progress to be ${fraction.expected}, got ${valueText(progress)}`;
    if (!(Number(progress) > before)) return `expected increasing progress, got ${valueText(progress)} after ${before}`;
    if (!check.accepts(value)) return `expected values to be ${check.expected}, got ${valueText(value)}`;
    before = Number(progress);
  }
  return undefined;
}

/** The value of `schedule` at `progress`, the part of the training steps that is done; clipped to [0, 1]. */
export function scheduleValue(schedule: Schedule, progress: number): number {
  if (typeof schedule === 'number') return schedule;
  // A schedule is asked for its value at every step, and looked at once.
  if (!whole.has(schedule) || typeof progress !== 'number') {
    checkArguments('scheduleValue', { schedule, progress }, { schedule: aSchedule, progress: aNumber });
    whole.add(schedule);
  }
  const at = Math.min(Math.max(progress, 0), 1);
  switch (schedule.kind) {
    case 'linear':
      return interpolate(schedule.from, schedule.to, Math.min(at / schedule.until, 1));
    case 'exponential':
      // Exact at both ends, and without a ratio that may overflow.
      return schedule.from ** (1 - at) * schedule.to ** at;
    case 'piecewise':
      return piecewiseValue(schedule.points, at);
  }
}

/** Schedules that were found to be whole. */
const whole = new WeakSet<object>();

/** Only what `scheduleValue` would trip over: options were checked whole when they were given. */
const aSchedule: OptionCheck = {
  expected: 'a number or a schedule',
  accepts: (value) => anObject.accepts(value) && scheduleProblem(value as object, aNumber) === undefined,
  explain: (value) => problemOf(value, aNumber),
};

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

/** What keeps any value from being a schedule; undefined where nothing does, or nobody can know what was meant. */
function problemOf(value: unknown, check: OptionCheck): string | undefined {
  if (typeof value === 'object' && value !== null) return scheduleProblem(value, check);
  // Stable-Baselines3 has functions of what is left, and its zoo texts such as `lin_0.1`.
  const isOthers = typeof value === 'function' || (typeof value === 'string' && Number.isNaN(Number(value)));
  if (!isOthers) return undefined;
  return 'schedules are data, as linear(from, to), exponential(from, to) and piecewise(points) make them';
}

/** A number that `check` accepts, or a schedule that is whole and whose every value it accepts. */
export function scheduleOf(check: OptionCheck): OptionCheck {
  const explain = (value: unknown): string | undefined => problemOf(value, check);
  return {
    expected: `${check.expected}, or a schedule of such numbers`,
    accepts: (value) =>
      typeof value === 'object' && value !== null ? explain(value) === undefined : check.accepts(value),
    explain,
  };
}
