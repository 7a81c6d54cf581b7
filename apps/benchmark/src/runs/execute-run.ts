import { cpus } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { spawnSeed, streams, type Agent, type Evaluation, type VectorEnv } from '@gradus/core';
import { loadEnvironments, makeVectorEnv } from '../catalog/environments.ts';
import { algorithms } from '../catalog/algorithms.ts';
import { openDevice } from '../catalog/devices.ts';
import type { PlannedRun } from './planned-run.ts';
import { playEpisodes, trainingTime } from './results.ts';
import { decodeRunCheckpoint, encodeRunCheckpoint, type RunCheckpoint, type RunState } from './run-checkpoint.ts';
import type { RunRecord } from './run-record.ts';
import { gradusVersion } from '../version.ts';

/** Where a run stands. */
export interface RunProgress {
  /** Environment steps done, over all copies. */
  readonly step: number;
  /** Mean return of the last 100 training episodes, NaN before the first. */
  readonly episodeReturn: number;
}

/** What {@link executeRun} may be given. */
export interface ExecuteRunOptions {
  /** Where to go on: what `onCheckpoint` was last given for this run. A `RunPool` hands it over: it is empty afterwards. */
  readonly checkpoint?: RunCheckpoint | undefined;
  /** Called some times a second. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Called every `checkpointInterval`, and at an abort. */
  readonly onCheckpoint?: ((checkpoint: RunCheckpoint) => void) | undefined;
  /** Seconds between checkpoints. Default 15. */
  readonly checkpointInterval?: number | undefined;
  /** Ends the run after the present update. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it, as if it were aborted, when so many environment steps are done. Default: at its end only. */
  readonly until?: number | undefined;
}

/** A run was aborted by its signal, or ended where it should, after it handed out a checkpoint. */
export class RunInterrupted extends Error {
  override readonly name: string = 'RunInterrupted';
}

/** Milliseconds after which progress is told, and the event loop gets a turn in which an abort can arrive. */
const TURN_INTERVAL = 100;

/**
 * Trains one run to its end and scores it. Everything in the record but `timing` and `origin` follows from `run` alone: it is
 * the same, bit for bit, when the run was interrupted and went on from its checkpoints, or began again where its environment has no `getState`.
 *
 * The agent is evaluated at `run.evaluations` evenly spread steps, each time on other episodes. One that does better
 * there than all before it is scored on the fresh episodes that the finished agent will be scored on. None of these episodes
 * was trained on, and evaluating leaves the agent's random streams alone: it learns as if it were not evaluated.
 * @throws RunInterrupted when `signal` aborts it, and at `until`.
 * @throws CheckpointError when `checkpoint` is corrupt or another run's.
 * @throws Error when training breaks, for example by returns that are not numbers.
 */
export async function executeRun(run: PlannedRun, options: ExecuteRunOptions = {}): Promise<RunRecord> {
  const { checkpoint, onProgress, onCheckpoint, checkpointInterval = 15, signal, until = Infinity } = options;
  await loadEnvironments([run.environment]);
  const { agent, state } = await prepare(run, checkpoint);
  try {
    const handOut = (): void => onCheckpoint?.(encodeRunCheckpoint(agent.checkpoint(), state));
    let lastCheckpoint = performance.now();
    let lastTurn = lastCheckpoint;
    let before = agent.step;
    // The last checkpoint of a run may be of its end, after which there is nothing to learn.
    const learning = agent.step < run.steps ? agent.learn({ steps: run.steps }) : [].values();
    for (;;) {
      if (signal?.aborted === true || agent.step >= until) {
        if (agent.step > 0) handOut();
        throw new RunInterrupted(`interrupted at step ${agent.step} of ${run.steps}`);
      }
      const started = performance.now();
      const { done, value: progress } = learning.next();
      state.seconds += (performance.now() - started) / 1000;
      if (done === true) break;
      if (evaluationsAt(run, agent.step) > evaluationsAt(run, before)) addPoint(run, agent, state);
      before = agent.step;
      const now = performance.now();
      if (now - lastCheckpoint > checkpointInterval * 1000) {
        handOut();
        lastCheckpoint = performance.now();
      }
      if (now - lastTurn > TURN_INTERVAL) {
        onProgress?.({ step: progress.step, episodeReturn: progress.episodeReturn });
        await setImmediate();
        lastTurn = performance.now();
      }
    }
    return finish(run, agent, state);
  } finally {
    agent.dispose();
  }
}

/** How many of the run's evaluations are due by `step`. */
function evaluationsAt({ steps, evaluations }: PlannedRun, step: number): number {
  return Math.floor((Math.min(step, steps) * evaluations) / steps);
}

/** The agent, new or as its checkpoint has it, and what is known of its run. A run whose environments cannot be put back where they were begins again. */
async function prepare(
  run: PlannedRun,
  checkpoint: RunCheckpoint | undefined,
): Promise<{ agent: Agent; state: RunState }> {
  const { create, load } = algorithms[run.algorithm];
  const makeEnv = (): VectorEnv => makeVectorEnv(run.environment, run.numEnvs);
  const device = await openDevice(run.device, 1);
  if (checkpoint !== undefined) {
    const { agent: saved, state } = decodeRunCheckpoint(checkpoint, run.id);
    const agent = load(saved, { env: makeEnv(), device });
    if (agent.resumed !== 'with new episodes') {
      return { agent, state: { ...state, resumed_at: [...state.resumed_at, agent.step] } };
    }
    // It would end in another record than an uninterrupted run.
    agent.dispose();
  }
  const agent = create(makeEnv(), { ...run.options, seed: run.seed, device });
  const started = new Date().toISOString();
  return { agent, state: { id: run.id, curve: [], best: null, seconds: 0, started, resumed_at: [] } };
}

/** Evaluates the agent where it stands: the next point of the curve, and perhaps the best so far. */
function addPoint(run: PlannedRun, agent: Agent, state: RunState): void {
  const { meanReturn, stdReturn } = play(
    run,
    agent,
    run.evaluationEpisodes,
    spawnSeed(run.seed, streams.curve, agent.step),
  );
  state.curve.push({ step: agent.step, mean_return: meanReturn, std_return: stdReturn });
  if (state.best !== null && meanReturn <= state.best.evaluation) return;
  const score = play(run, agent, run.episodes, run.seed);
  state.best = {
    step: agent.step,
    evaluation: meanReturn,
    mean_return: score.meanReturn,
    std_return: score.stdReturn,
  };
}

function play(run: PlannedRun, agent: Agent, episodes: number, seed: number): Evaluation {
  const evaluation = playEpisodes(agent, run.environment, episodes, seed);
  if (Number.isFinite(evaluation.meanReturn)) return evaluation;
  throw new Error(`expected returns that are finite numbers, got ${evaluation.meanReturn} at step ${agent.step}`);
}

function finish(run: PlannedRun, agent: Agent, state: RunState): RunRecord {
  const { returns, meanReturn, stdReturn } = play(run, agent, run.episodes, run.seed);
  // A search may be finished before its first evaluation is due.
  if (state.best === null) addPoint(run, agent, state);
  if (state.best === null) throw new Error(`expected an evaluation by step ${agent.step}, got none`);
  const { step, mean_return, std_return } = state.best;
  return {
    run,
    steps: agent.step,
    returns: [...returns],
    mean_return: meanReturn,
    std_return: stdReturn,
    best: { step, mean_return, std_return },
    curve: state.curve,
    timing: trainingTime(agent.step, state.seconds),
    origin: {
      started: state.started,
      finished: new Date().toISOString(),
      resumed_at: state.resumed_at,
      gradus: gradusVersion,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
    },
  };
}
