import { episodesOf, type RecordedStep } from './recording-env.ts';

/** What a reference method is told; the step size is constant. */
interface ReferenceOptions {
  readonly numActions: number;
  readonly gamma: number;
  readonly alpha: number;
}

type Table = number[][];

/** Learns from whole recorded episodes with dense tables, lists and the formulas of the textbook. `table`: [states][actions]. */
export type ReferenceMethod = (log: readonly RecordedStep[], table: Table, options: ReferenceOptions) => void;

function maximum(table: Table, { nextState, terminated }: RecordedStep): number {
  return terminated ? 0 : Math.max(...table[nextState]);
}

function mean(table: Table, { nextState, terminated }: RecordedStep, { numActions }: ReferenceOptions): number {
  return terminated ? 0 : table[nextState].reduce((sum, value) => sum + value, 0) / numActions;
}

/** q(s′, a′) of the next step in the log; steps must not be cut off. */
function taken(table: Table, step: RecordedStep, next: RecordedStep | undefined): number {
  return step.terminated || next === undefined ? 0 : table[next.state][next.action];
}

export const referenceQLearning: ReferenceMethod = (log, table, { gamma, alpha }) => {
  for (const step of log) {
    const error = step.reward + gamma * maximum(table, step) - table[step.state][step.action];
    table[step.state][step.action] += alpha * error;
  }
};

export const referenceSarsa: ReferenceMethod = (log, table, { gamma, alpha }) => {
  log.forEach((step, t) => {
    const error = step.reward + gamma * taken(table, step, log[t + 1]) - table[step.state][step.action];
    table[step.state][step.action] += alpha * error;
  });
};

/** For actions that are all as likely. */
export const referenceExpectedSarsa: ReferenceMethod = (log, table, options) => {
  const { gamma, alpha } = options;
  for (const step of log) {
    const error = step.reward + gamma * mean(table, step, options) - table[step.state][step.action];
    table[step.state][step.action] += alpha * error;
  }
};

/** For actions that are all as likely; values are means of first-visit returns. */
export const referenceMonteCarlo: ReferenceMethod = (log, table, options) => {
  const returns = table.map((row) => row.map((): number[] => []));
  for (const episode of episodesOf(log)) {
    const tail = episode.length === 0 ? 0 : mean(table, episode[episode.length - 1], options);
    const seen = new Set<string>();
    episode.forEach(({ state, action }, t) => {
      if (seen.has(`${state},${action}`)) return;
      seen.add(`${state},${action}`);
      const rest = episode.slice(t);
      const discounted = rest.reduce((sum, step, k) => sum + options.gamma ** k * step.reward, 0);
      const all = returns[state][action];
      all.push(discounted + options.gamma ** rest.length * tail);
      table[state][action] = all.reduce((a, b) => a + b) / all.length;
    });
  }
};

/** The return of step `t` of an episode up to step `now`, after which the rest is worth `value`. */
function nStepReturn(episode: readonly RecordedStep[], t: number, now: number, gamma: number, value: number): number {
  const rewards = episode.slice(t, now + 1).map(({ reward }, k) => gamma ** k * reward);
  return rewards.reduce((a, b) => a + b) + gamma ** rewards.length * value;
}

export function referenceNStep(n: number, rule: 'maximum' | 'taken'): ReferenceMethod {
  return (log, table, { gamma, alpha }) => {
    for (const episode of episodesOf(log)) {
      episode.forEach((step, now) => {
        const ends = step.terminated || step.truncated;
        if (!ends && now < n - 1) return;
        const value = rule === 'maximum' ? maximum(table, step) : taken(table, step, episode[now + 1]);
        const last = ends ? now : now - n + 1;
        for (let t = Math.max(0, now - n + 1); t <= last; t++) {
          const { state, action } = episode[t];
          const target = nStepReturn(episode, t, now, gamma, value);
          table[state][action] += alpha * (target - table[state][action]);
        }
      });
    }
  };
}

/**
 * Traces over the whole table, which decay first: what the step visited moves by its `own` error, everything else that is eligible by that of
 * `others`.
 */
function tracedMethod(
  lambda: number,
  kind: 'accumulating' | 'replacing',
  errors: (
    step: RecordedStep,
    next: RecordedStep | undefined,
    table: Table,
    gamma: number,
  ) => { own: number; others: number; cut: boolean },
): ReferenceMethod {
  return (log, table, { gamma, alpha }) => {
    for (const episode of episodesOf(log)) {
      const traces = table.map((row) => row.map(() => 0));
      episode.forEach((step, t) => {
        const { own, others, cut } = errors(step, episode[t + 1], table, gamma);
        const pairs = table.flatMap((row, state) => row.map((_, action) => [state, action] as const));
        for (const [state, action] of pairs) {
          traces[state][action] *= gamma * lambda;
          const isOwn = state === step.state && action === step.action;
          const old = isOwn && kind === 'replacing' ? 0 : traces[state][action];
          table[state][action] += alpha * (others * old + (isOwn ? own : 0));
          traces[state][action] = old + (isOwn ? 1 : 0);
          if (cut) traces[state][action] = 0;
        }
      });
    }
  };
}

export function referenceSarsaLambda(lambda: number, kind: 'accumulating' | 'replacing'): ReferenceMethod {
  return tracedMethod(lambda, kind, (step, next, table, gamma) => {
    const error = step.reward + gamma * taken(table, step, next) - table[step.state][step.action];
    return { own: error, others: error, cut: false };
  });
}

export function referenceWatkins(lambda: number, kind: 'accumulating' | 'replacing'): ReferenceMethod {
  return tracedMethod(lambda, kind, (step, next, table, gamma) => {
    const best = maximum(table, step);
    const error = step.reward + gamma * best - table[step.state][step.action];
    return { own: error, others: error, cut: taken(table, step, next) < best };
  });
}

export function referencePeng(lambda: number, kind: 'accumulating' | 'replacing'): ReferenceMethod {
  return tracedMethod(lambda, kind, (step, _next, table, gamma) => {
    const target = step.reward + gamma * maximum(table, step);
    return {
      own: target - table[step.state][step.action],
      others: target - Math.max(...table[step.state]),
      cut: false,
    };
  });
}
