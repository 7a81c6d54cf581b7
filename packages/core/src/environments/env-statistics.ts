import { checkArguments, oneOf, valueText } from '@gradus/tensor';
import { isTypedArray, readStates, type StateDict, type StateValue } from '../checkpoints/state.ts';
import { CheckpointError, EnvError } from '../errors.ts';
import { RunningNormalizer } from '../statistics/running-normalizer.ts';
import { anEnv } from '../options/argument-checks.ts';
import type { Env, EnvStatistics } from './env.ts';
import type { VectorEnv } from './vector-env.ts';

/** Whatever has statistics, or might: an environment, an agent. */
interface Gathering {
  readonly statistics?: EnvStatistics | undefined;
}

/** The statistics of `env`, none where its wrappers gather none. Throws `EnvError` for what are none. */
function statisticsOf({ statistics }: Gathering): EnvStatistics {
  if (statistics === undefined) return {};
  const isList = (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 && value.every((each) => each instanceof RunningNormalizer);
  if (typeof statistics === 'object' && Object.values(statistics).every(isList)) return statistics;
  throw new EnvError(`statistics: expected lists of RunningNormalizers by name, got ${valueText(statistics)}`);
}

/**
 * The statistics of `env` for a wrapper around it that changes `what`, such as observations: those that it was normalized by before are called
 * `inner observation`, since what the wrapper shows cannot be told from the statistics alone.
 */
export function innerStatistics(env: Env | VectorEnv, what: 'observation' | 'reward'): EnvStatistics | undefined {
  checkArguments('innerStatistics', { env, what }, { env: anEnv, what: oneOf('observation', 'reward') });
  if (env.statistics === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(statisticsOf(env)).map(([name, each]) => [name.endsWith(what) ? `inner ${name}` : name, each]),
  );
}

/** The statistics of all copies, each once. */
export function joinStatistics(envs: readonly Gathering[]): EnvStatistics | undefined {
  const all = envs.map(statisticsOf);
  const names = Object.keys(all[0]);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, [...new Set(all.flatMap((each) => each[name] ?? []))]]));
}

/** The states of an environment's statistics, by name. */
export function saveStatistics(env: Gathering): StateDict {
  return Object.fromEntries(
    Object.entries(statisticsOf(env)).map(([name, each]) => [name, each.map((one) => one.getState())]),
  );
}

/** The statistics that {@link saveStatistics} saved, as no copies have them: all that a name stands for in one. */
export function loadStatistics(state: StateDict): EnvStatistics {
  return Object.fromEntries(Object.keys(state).map((name) => [name, [RunningNormalizer.merge(savedAs(state, name))]]));
}

/**
 * Puts back what {@link saveStatistics} saved: each where it was, or, in another number of copies, all of them together in each. Throws `CheckpointError`
 * where `env` has not the same by name and size.
 */
export function restoreStatistics(env: Gathering, state: StateDict): void {
  const statistics = statisticsOf(env);
  const [saved, given] = [state, statistics].map((each) => Object.keys(each).sort().join(' and ') || 'nothing');
  if (saved !== given) {
    throw new CheckpointError(
      `environment: expected wrappers with statistics as in training, of ${saved}, got an environment with those of ${given}`,
    );
  }
  for (const [name, normalizers] of Object.entries(statistics)) {
    const before = savedAs(state, name);
    const merged = before.length === normalizers.length ? undefined : RunningNormalizer.merge(before);
    normalizers.forEach((each, i) => each.setState((merged ?? before[i]).getState()));
  }
}

function savedAs(state: StateDict, name: string): RunningNormalizer[] {
  const list: StateValue = state[name];
  const length = Array.isArray(list) && !isTypedArray(list) ? Math.max(list.length, 1) : 1;
  return readStates(state, name, length).map((each) => RunningNormalizer.fromState(each));
}

/**
 * What observations are to be normalized by that did not pass through the wrappers of `env`; undefined where these normalize none. Throws `EnvError` where the
 * statistics alone do not say what would have been shown.
 */
export function normalizerOf(env: Gathering): RunningNormalizer | undefined {
  if (env.statistics === undefined) return undefined;
  const statistics = statisticsOf(env);
  if ('inner observation' in statistics) {
    throw new EnvError(
      'act: the observations of training were changed by another wrapper after they had been normalized; load the agent with an environment that is wrapped alike',
    );
  }
  return Object.hasOwn(statistics, 'observation') ? RunningNormalizer.merge(statistics.observation) : undefined;
}

/**
 * What `play` does in `env`, whose statistics meanwhile are those of `policy` where they have the same names, and stay as they are: an evaluation gathers
 * none. It is told whether observations are normalized by them. A policy without statistics leaves those of `env` alone.
 * Throws `EnvError` for observations that are normalized, but not as in the policy's training.
 */
export function withStatistics<T>(
  { statistics: own }: Gathering,
  env: Gathering,
  play: (isNormalized: boolean | undefined) => T,
): T {
  if (own === undefined) return play(undefined);
  const statistics = statisticsOf(env);
  const [expected, given] = [own, statistics].map(observationNames);
  if (given !== '' && given !== expected) {
    throw new EnvError(
      `environment: expected observations that are normalized as in training, by ${expected || 'nothing'}, or not at all, got normalized by ${given}`,
    );
  }
  const all = Object.entries(statistics).flatMap(([name, each]) => each.map((one) => ({ name, one })));
  const before = all.map(({ one }) => ({ one, state: one.getState(), isHeld: one.isHeld }));
  try {
    for (const { name, one } of all) {
      one.isHeld = true;
      const trained = Object.hasOwn(own, name) ? own[name] : [one];
      if (!trained.includes(one)) one.setState(RunningNormalizer.merge(trained).getState());
    }
    return play(given !== '');
  } finally {
    for (const { one, state, isHeld } of before) {
      one.isHeld = isHeld;
      one.setState(state);
    }
  }
}

function observationNames(statistics: EnvStatistics): string {
  return Object.keys(statistics)
    .filter((name) => name.endsWith('observation'))
    .sort()
    .join(' and ');
}
