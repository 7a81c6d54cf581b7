import { readState, resetEnv, stepEnv, type Env, type Stateful, type VectorEnv } from '@gradus/core';

/**
 * `env` with some of its members replaced: what `changes` do not name goes through to `env`, whatever it has. `own` is state that the
 * wrapper adds, saved with that of `env` and put back after it.
 */
export function wrapEnv(env: Env, changes: Partial<Env>, own?: Stateful): Env {
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    maxEpisodeSteps: env.maxEpisodeSteps,
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
