import { readFileSync } from 'node:fs';
import { createActions, envFromDynamics, vectorEnvFromDynamics, type Dynamics, type StateDict } from '@gradus/core';
import { acrobot, cartPole, mountainCar, mountainCarContinuous, pendulum } from '@gradus/envs';
import { describe, expect, test } from 'vitest';

/** Trajectories recorded with Gymnasium 1.4.0 from given states. */
interface Golden {
  readonly segments: readonly Segment[];
  readonly long?: LongSegment;
}

interface Segment {
  readonly init: readonly number[];
  readonly actions: readonly number[];
  /** float32 observation after each action. */
  readonly obs: readonly (readonly number[])[];
  /** Rows [step, ...state], some steps only. */
  readonly state: readonly (readonly number[])[];
  /** One number where all are the same. */
  readonly reward: number | readonly number[];
  /** Indices of the steps with this flag. */
  readonly terminated: readonly number[];
  readonly truncated: readonly number[];
}

/** Observations and states after the steps listed in `at` only. */
interface LongSegment extends Omit<Segment, 'actions'> {
  readonly actions: string;
  readonly at: readonly number[];
}

const cases: readonly [id: string, dynamics: Dynamics, rewardTolerance: number][] = [
  ['CartPole-v1', cartPole(), 0],
  ['Acrobot-v1', acrobot(), 0],
  ['MountainCar-v0', mountainCar(), 0],
  ['MountainCarContinuous-v0', mountainCarContinuous(), 0],
  // Gymnasium computes the torque's part of the reward in float32.
  ['Pendulum-v1', pendulum(), 1e-9],
];

/** Largest error of float64 states over a segment. */
const STATE_TOLERANCE = 3e-14;

function readGolden(id: string): Golden {
  return JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/${id}.json`, 'utf8')) as Golden;
}

/** One environment of each kind, forced into given states. */
interface Driver {
  setState(values: readonly number[]): void;
  getState(): number[];
  step(action: number): { observation: number[]; reward: number; terminated: boolean; truncated: boolean };
}

function singleDriver(dynamics: Dynamics): Driver {
  const env = envFromDynamics(dynamics);
  env.reset({ seed: 0 });
  return {
    setState(values) {
      const state = env.getState();
      env.setState({ ...state, state: replaceState(dynamics, state, 0, values) });
    },
    getState: () => readState(dynamics, env.getState(), 0),
    step(action) {
      const { observation, reward, terminated, truncated } = env.step(
        dynamics.actionSpace.kind === 'box' ? [action] : action,
      );
      return { observation: Array.from(observation as Float32Array), reward, terminated, truncated };
    },
  };
}

/** Copy 2 of 5; the others do something else. */
function batchedDriver(dynamics: Dynamics): Driver {
  const copy = 2;
  const env = vectorEnvFromDynamics(dynamics, 5);
  env.reset({ seed: 0 });
  const actions = createActions(dynamics.actionSpace, 5);
  const { size } = dynamics.observationSpace;
  return {
    setState(values) {
      const state = env.getState();
      env.setState({ ...state, state: replaceState(dynamics, state, copy, values) });
    },
    getState: () => readState(dynamics, env.getState(), copy),
    step(action) {
      actions[copy] = action;
      env.step(actions);
      const terminated = env.terminated[copy] === 1;
      const truncated = env.truncated[copy] === 1;
      const source = terminated || truncated ? env.finalObservations : env.observations;
      const observation = Array.from(source.subarray(copy * size, (copy + 1) * size));
      return { observation, reward: env.rewards[copy], terminated, truncated };
    },
  };
}

function replaceState(dynamics: Dynamics, saved: StateDict, copy: number, values: readonly number[]): StateDict {
  const arrays = saved.state as Record<string, Float64Array>;
  Object.keys(dynamics.variables).forEach((name, index) => {
    arrays[name][copy] = values[index];
  });
  return arrays;
}

function readState(dynamics: Dynamics, saved: StateDict, copy: number): number[] {
  const arrays = saved.state as Record<string, Float64Array>;
  return Object.keys(dynamics.variables).map((name) => arrays[name][copy]);
}

describe.each([
  ['envFromDynamics', singleDriver],
  ['vectorEnvFromDynamics', batchedDriver],
])('%s follows Gymnasium', (_, createDriver) => {
  test.each(cases)('%s', (id, dynamics, rewardTolerance) => {
    for (const segment of readGolden(id).segments) {
      const driver = createDriver(dynamics);
      driver.setState(segment.init);
      const states = new Map(segment.state.map(([step, ...values]) => [step, values]));
      segment.actions.forEach((action, step) => {
        const result = driver.step(action);
        expect(result.observation, `observation ${step}`).toEqual(segment.obs[step].map(Math.fround));
        expect(result.terminated, `terminated ${step}`).toBe(segment.terminated.includes(step));
        expect(result.truncated, `truncated ${step}`).toBe(segment.truncated.includes(step));
        const reward = typeof segment.reward === 'number' ? segment.reward : segment.reward[step];
        expect(Math.abs(result.reward - reward), `reward ${step}`).toBeLessThanOrEqual(rewardTolerance);
        // After its end the batched copy is already in the next episode.
        if (!result.terminated && !result.truncated) expectClose(driver.getState(), states.get(step));
      });
    }
  });

  test('CartPole-v1 to its time limit', () => {
    const long = readGolden('CartPole-v1').long!;
    const driver = createDriver(cartPole());
    driver.setState(long.init);
    let checked = 0;
    Array.from(long.actions).forEach((action, step) => {
      const result = driver.step(Number(action));
      expect(result.terminated).toBe(false);
      expect(result.truncated, `truncated ${step}`).toBe(long.truncated.includes(step));
      expect(result.reward).toBe(long.reward);
      const index = long.at.indexOf(step);
      if (index === -1) return;
      checked++;
      expect(result.observation, `observation ${step}`).toEqual(long.obs[index].map(Math.fround));
      if (result.truncated) return;
      // Errors grow by e⁴ each second, so the recorded state is put back every 25 steps.
      expectClose(driver.getState(), long.state[index], 1e-12);
      driver.setState(long.state[index]);
    });
    expect(checked).toBe(long.at.length);
    expect(long.truncated).toEqual([499]);
  });
});

function expectClose(actual: number[], expected: readonly number[] | undefined, tolerance = STATE_TOLERANCE): void {
  expected?.forEach((value, index) => {
    expect(Math.abs(actual[index] - value)).toBeLessThanOrEqual(tolerance);
  });
}
