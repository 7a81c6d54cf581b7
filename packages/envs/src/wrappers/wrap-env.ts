import {
  anEnv,
  checkArguments,
  readState,
  resetEnv,
  stepEnv,
  type Dynamics,
  type Env,
  type OptionCheck,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';

const oneEnv: OptionCheck = {
  expected: 'one environment (with observationSpace, actionSpace, reset and step, and without numEnvs)',
  accepts: (value) => anEnv.accepts(value) && !('numEnvs' in (value as object)),
};

/** Throws `RangeError` unless `env` can be wrapped by `wrapper`, which does not take a `VectorEnv`. */
export function checkOne(wrapper: string, env: Env): void {
  checkArguments(wrapper, { env }, { env: oneEnv });
}

/** The same where `wrapper` takes a `VectorEnv`, or dynamics, too. */
export function checkOneOrMore(wrapper: string, env: Env | VectorEnv | Dynamics): void {
  checkArguments(wrapper, { env }, { env: anEnv });
}

/**
 * `env` with some of its members replaced: what `changes` do not name goes through to `env`, whatever it has. `own` is state that the
 * wrapper adds, saved with that of `env` and put back after it. Goals mean what they meant, unless observations are others.
 */
export function wrapEnv(env: Env, changes: Partial<Env>, own?: Stateful): Env {
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    maxEpisodeSteps: env.maxEpisodeSteps,
    ...(env.statistics && { statistics: env.statistics }),
    ...(!changes.observationSpace && env.goalRules && { goalRules: env.goalRules }),
    reset: (options) => resetEnv(env, options),
    step: (action) => stepEnv(env, action),
    close: () => env.close?.(),
    ...(isMasked(env) && { actionMask: () => env.actionMask() }),
    ...(env.render && { renderFormat: env.renderFormat, render: (context) => env.render?.(context) }),
    ...(isStateful(env) && nestState(env, own)),
    ...changes,
  };
}

/** As `wrapEnv`. The arrays are those of `env` unless `changes` have others. */
export function wrapVectorEnv(env: VectorEnv, changes: Partial<VectorEnv>, own?: Stateful): VectorEnv {
  return {
    numEnvs: env.numEnvs,
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    maxEpisodeSteps: env.maxEpisodeSteps,
    ...(env.statistics && { statistics: env.statistics }),
    ...(!changes.observationSpace && env.goalRules && { goalRules: env.goalRules }),
    observations: env.observations,
    finalObservations: env.finalObservations,
    rewards: env.rewards,
    terminated: env.terminated,
    truncated: env.truncated,
    episodeReturns: env.episodeReturns,
    episodeLengths: env.episodeLengths,
    actionMasks: env.actionMasks,
    reset: (options) => env.reset(options),
    step: (actions) => env.step(actions),
    close: () => env.close(),
    ...(env.render && { renderFormat: env.renderFormat, render: (context, index) => env.render?.(context, index) }),
    ...nestState(env, own),
    ...changes,
  };
}

function isMasked(env: Env): env is Env & Required<Pick<Env, 'actionMask'>> {
  return env.actionMask !== undefined;
}

function isStateful(env: Env): env is Env & Stateful {
  return env.getState !== undefined && env.setState !== undefined;
}

function nestState(env: Stateful, own: Stateful | undefined): Stateful {
  return {
    getState: () => ({ env: env.getState(), wrapper: own?.getState() ?? {} }),
    setState: (state) => {
      env.setState(readState(state, 'env'));
      own?.setState(readState(state, 'wrapper'));
    },
  };
}
