import { Box, CheckpointError, Discrete, type Env } from '@gradus/core';
import { makeEnv, makeVectorEnv, registerEnv } from '@gradus/envs';
import { device } from '@gradus/tensor';
import { describe, expect, it, vi } from 'vitest';
import { algorithms } from '../../src/catalog/algorithms.ts';
import { executeRun, RunInterrupted } from '../../src/runs/execute-run.ts';
import type { PlannedRun } from '../../src/runs/planned-run.ts';
import { scoreAgent } from '../../src/runs/results.ts';
import { decodeRunCheckpoint, type RunCheckpoint } from '../../src/runs/run-checkpoint.ts';
import { runRecordSchema } from '../../src/runs/run-record.ts';
import { devicesHere, resultOf, shortDqnRun, shortRun } from '../planned-runs.ts';

/** Registers what is like `id` but cannot be put back where it was, such as most environments that people write. */
function withoutState(id: string): string {
  const create = (): Env => {
    const env = makeEnv(id);
    const { observationSpace, actionSpace, maxEpisodeSteps } = env;
    return {
      observationSpace,
      actionSpace,
      maxEpisodeSteps,
      reset: (options) => env.reset(options),
      step: (action) => env.step(action),
    };
  };
  registerEnv({ id: `${id}-without-state`, create });
  return `${id}-without-state`;
}

const [cartPole, frozenLake] = ['CartPole-v1', 'FrozenLake-v1'].map(withoutState);

/** The agent that plain training gives at `steps`, scored as runs are. */
function scoreWithoutRunner(run: PlannedRun, steps: number): { mean_return: number; std_return: number } {
  const env = makeVectorEnv(run.environment, run.numEnvs);
  const agent = algorithms[run.algorithm].create(env, { ...run.options, seed: run.seed, device: device('wasm') });
  for (const { step } of agent.learn({ steps: run.steps })) if (step >= steps) break;
  const { mean_return, std_return } = scoreAgent(agent, run.environment, run.episodes, run.seed);
  return { mean_return, std_return };
}

/** Everything that a run hands out when it does so after every update. */
async function allCheckpoints(run: PlannedRun): Promise<RunCheckpoint[]> {
  const checkpoints: RunCheckpoint[] = [];
  await executeRun(run, { checkpointInterval: 0, onCheckpoint: (checkpoint) => checkpoints.push(checkpoint) });
  return checkpoints;
}

describe.each([shortRun(), shortDqnRun()])('executeRun of $algorithm', (run) => {
  it('gives the agent of a training without evaluations, and its best one', async () => {
    const record = await executeRun(run);
    expect(record).toMatchObject(scoreWithoutRunner(run, run.steps));
    expect(record.best).toEqual({ step: record.best.step, ...scoreWithoutRunner(run, record.best.step) });
    const heights = record.curve.map(({ mean_return }) => mean_return);
    expect(record.curve[heights.indexOf(Math.max(...heights))].step).toBe(record.best.step);
    expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it.each(devicesHere())('goes on from any checkpoint as if nothing had happened, on %s', async (name) => {
    const here = { ...run, device: name };
    const warn = vi.spyOn(console, 'warn');
    const whole = await executeRun(here);
    const checkpoints = await allCheckpoints(here);
    const last = checkpoints.length - 1;
    const starts: number[] = [];
    for (const index of [0, Math.floor(last / 3), Math.floor(last / 2), last - 1, last]) {
      const resumed = await executeRun(here, { checkpoint: checkpoints[index] });
      expect(resultOf(resumed)).toEqual(resultOf(whole));
      expect(resumed.origin.resumed_at).toHaveLength(1);
      starts.push(...resumed.origin.resumed_at);
    }
    // After the last one there is nothing to do, which is nothing to warn of.
    expect(Math.max(...starts)).toBeGreaterThanOrEqual(here.steps);
    expect(warn).not.toHaveBeenCalled();
  });
});

it('executeRun ends at the step that it is to end at, and goes on from there', async () => {
  const run = shortRun();
  const checkpoints: RunCheckpoint[] = [];
  const options = { until: 1000, onCheckpoint: (made: RunCheckpoint) => checkpoints.push(made) };
  await expect(executeRun(run, options)).rejects.toThrow(RunInterrupted);
  const { curve } = decodeRunCheckpoint(checkpoints[0], run.id).state;
  expect(curve.map(({ step }) => step)).toEqual([512, 1024]);
  // Asked again, it has nothing to do.
  await expect(executeRun(run, { ...options, checkpoint: checkpoints[0].slice() })).rejects.toThrow(RunInterrupted);
  expect(checkpoints).toHaveLength(2);
  const resumed = await executeRun(run, { checkpoint: checkpoints[1], until: 100_000 });
  expect(resultOf(resumed)).toEqual(resultOf(await executeRun(run)));
});

describe('executeRun in an environment without getState', () => {
  it.each([
    ['ppo', shortRun({ environment: cartPole })],
    ['dqn', shortDqnRun({ environment: cartPole })],
    ['q-learning', shortRun({ algorithm: 'q-learning', environment: frozenLake, numEnvs: 1, options: {} })],
  ])('begins again, and ends as if nothing had happened: %s', async (_, run) => {
    const whole = await executeRun(run);
    const checkpoints = await allCheckpoints(run);
    for (const checkpoint of [checkpoints[0], checkpoints[Math.floor(checkpoints.length / 2)]]) {
      const again = await executeRun(run, { checkpoint });
      expect(resultOf(again)).toEqual(resultOf(whole));
      expect(again.origin.resumed_at).toEqual([]);
    }
  });

  it('goes on exactly where nothing is lost: a search plays whole episodes', async () => {
    const options = { populationSize: 8, eliteSize: 2 };
    const run = shortRun({ algorithm: 'cem', environment: cartPole, options });
    const checkpoints = await allCheckpoints(run);
    const again = await executeRun(run, { checkpoint: checkpoints[1] });
    expect(again.origin.resumed_at).toHaveLength(1);
    expect(resultOf(again)).toEqual(resultOf(await executeRun(run)));
  });
});

describe('executeRun', () => {
  it('evaluates at the end of the round in which an evaluation is due', async () => {
    // Rounds of 4 × 64 steps; due at 500, 1000, 1500, 2000.
    const { curve, steps, returns } = await executeRun(shortRun());
    expect(curve.map(({ step }) => step)).toEqual([512, 1024, 1536, 2048]);
    expect(steps).toBe(2048);
    expect(returns).toHaveLength(10);
    // One round may be due for several.
    const few = await executeRun(shortRun({ evaluations: 100 }));
    expect(few.curve.map(({ step }) => step)).toEqual([256, 512, 768, 1024, 1280, 1536, 1792, 2048]);
  });

  it('adds up the time of its parts, and says where they met', async () => {
    const run = shortRun();
    const checkpoints = await allCheckpoints(run);
    const parts: RunCheckpoint[] = [];
    await executeRun(run, {
      checkpoint: checkpoints[1],
      checkpointInterval: 0,
      onCheckpoint: (checkpoint) => parts.push(checkpoint),
    });
    const { state } = decodeRunCheckpoint(parts[1], run.id);
    const { timing, origin } = await executeRun(run, { checkpoint: parts[1] });
    expect(origin.resumed_at).toEqual([512, 1024]);
    expect(origin.started).toBe(state.started);
    expect(timing.seconds).toBeGreaterThan(state.seconds);
  });

  it('hands out a checkpoint when it is aborted', async () => {
    const run = shortRun();
    const controller = new AbortController();
    const checkpoints: RunCheckpoint[] = [];
    const aborted = executeRun(run, {
      checkpointInterval: 0,
      signal: controller.signal,
      onCheckpoint: (checkpoint) => {
        checkpoints.push(checkpoint);
        controller.abort();
      },
    });
    await expect(aborted).rejects.toThrow(new RunInterrupted('interrupted at step 256 of 2000'));
    // The one that was due, and the one of the abort.
    expect(checkpoints).toHaveLength(2);
    const resumed = await executeRun(run, { checkpoint: checkpoints[1] });
    expect(resumed.origin.resumed_at).toEqual([256]);
    expect(resultOf(resumed)).toEqual(resultOf(await executeRun(run)));
  });

  it('tells its progress, and can be aborted then', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    // Longer than any test may take.
    const aborted = executeRun(shortRun({ steps: 1e9 }), {
      signal: controller.signal,
      onProgress: ({ step }) => {
        steps.push(step);
        if (steps.length === 2) controller.abort();
      },
    });
    await expect(aborted).rejects.toThrow(RunInterrupted);
    expect(steps).toHaveLength(2);
    expect(steps[0]).toBeGreaterThan(0);
    expect(steps[1]).toBeGreaterThan(steps[0]);
  });

  it('refuses a checkpoint of another run, and a corrupt one', async () => {
    const [checkpoint] = await allCheckpoints(shortRun());
    const other = executeRun(shortRun({ seed: 1 }), { checkpoint });
    await expect(other).rejects.toThrow(
      new CheckpointError(`checkpoint: expected one of the run ${shortRun({ seed: 1 }).id}, got ${shortRun().id}`),
    );
    checkpoint[checkpoint.length - 1] ^= 1;
    const corrupt = executeRun(shortRun(), { checkpoint });
    await expect(corrupt).rejects.toThrow('run.json is corrupt, its checksum is wrong');
  });

  it.each([
    ['Broken-v0', NaN, 'reward of environment 0 is NaN, expected a finite number'],
    ['Overflowing-v0', 1e308, 'reward of environment 0 is 1e+308'],
  ])('fails in %s, where rewards are %d', async (environment, reward, message) => {
    registerEnv({
      id: environment,
      create: () => ({
        observationSpace: new Box(-1, 1, [1]),
        actionSpace: new Discrete(2),
        variables: {},
        maxEpisodeSteps: 10,
        reset: () => undefined,
        step: (_, __, { rewards, terminated }) => {
          rewards.fill(reward);
          terminated.fill(0);
        },
        observe: (_, observations) => {
          observations.fill(0);
        },
      }),
    });
    await expect(executeRun(shortDqnRun({ environment }))).rejects.toThrow(message);
  });
});
