import type { PlannedRun } from '../runs/planned-run.ts';
import { groupName } from '../results/run-groups.ts';

/** A run that has begun: its steps at first and now, and the seconds between. */
interface Observation {
  readonly run: PlannedRun;
  readonly firstStep: number;
  readonly since: number;
  step: number;
  until: number;
}

/** An estimate that is so many times what is shown, and a second more, is told from it. */
const MORE = 1.2;

/** What to show of estimates of the time that is left: the least so far, which never climbs, and whether it turned out to be too little. */
export interface ShownTime {
  readonly seconds: number;
  readonly isMore: boolean;
}

/** Makes of each estimate what to show. */
export function neverClimbing(): (seconds: number) => ShownTime {
  let least = Infinity;
  return (seconds) => {
    least = Math.min(least, seconds);
    return { seconds: least, isMore: seconds > MORE * least + 1 };
  };
}

/** `3:07 left`, `1:02:03 left`, or `more than 3:07 left`. */
export function leftText({ seconds, isMore }: ShownTime): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  const clock = shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
  return `${isMore ? 'more than ' : ''}${clock} left`;
}

/** Estimates how long runs that go side by side will take, by the pace of those that are alike but for their seeds. */
export class TimeLeft {
  private readonly waiting: Set<PlannedRun>;
  private readonly going = new Map<string, Observation>();
  private readonly ended: Observation[] = [];
  /** The most runs that went on at a time. */
  private parallel = 1;
  private readonly show = neverClimbing();

  constructor(runs: readonly PlannedRun[]) {
    this.waiting = new Set(runs);
  }

  /** A run is at `step` at `now`, in seconds. Its pace is measured from the first time on. */
  advance(run: PlannedRun, step: number, now: number): void {
    this.waiting.delete(run);
    const observation = this.going.get(run.id) ?? { run, firstStep: step, since: now, step, until: now };
    this.going.set(run.id, Object.assign(observation, { step, until: now }));
    this.parallel = Math.max(this.parallel, this.going.size);
  }

  /** A run is over. */
  end(run: PlannedRun, now: number): void {
    this.advance(run, run.steps, now);
    const observation = this.going.get(run.id);
    if (observation !== undefined) this.ended.push(observation);
    this.going.delete(run.id);
  }

  /** What to show of {@link estimate}; undefined while nothing has been seen. */
  shown(): ShownTime | undefined {
    const seconds = this.estimate();
    return seconds === undefined ? undefined : this.show(seconds);
  }

  /**
   * Seconds until all runs are over, if as many as ever go on at a time, and none before the longest; undefined while nothing has been seen. A
   * run that none is like counts as an average one.
   */
  estimate(): number | undefined {
    const going = [...this.going.values()];
    const seen = [...this.ended, ...going];
    const ownSeconds = (run: PlannedRun): number | undefined => {
      const pace = secondsPerStep(seen.filter((each) => groupName(each.run) === groupName(run)));
      return pace === undefined ? undefined : pace * run.steps;
    };
    const known = seen.flatMap(({ run }) => ownSeconds(run) ?? []);
    if (known.length === 0) return undefined;
    const average = sum(known) / known.length;
    const remaining = (run: PlannedRun, step: number): number =>
      (ownSeconds(run) ?? average) * Math.max(1 - step / run.steps, 0);
    const left = [
      ...going.map(({ run, step }) => remaining(run, step)),
      ...[...this.waiting].map((run) => remaining(run, 0)),
    ];
    return Math.max(sum(left) / this.parallel, ...left, 0);
  }
}

function secondsPerStep(observations: readonly Observation[]): number | undefined {
  const steps = sum(observations.map(({ firstStep, step }) => step - firstStep));
  return steps > 0 ? sum(observations.map(({ since, until }) => until - since)) / steps : undefined;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
