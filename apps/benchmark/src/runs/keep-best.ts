import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { evaluate, periodicEvaluation, spawnSeed, streams, type Agent, type Callback } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeVectorEnv } from '../catalog/environments.ts';
import { messageOf, UserError } from '../user-error.ts';
import { loadRun, saveRun, type Run } from './run.ts';

/** Where the best agent of a training is, in the folder of the last. */
const BEST = 'best';

/** Episodes that agents are compared by during training. */
const EPISODES = 10;

/** What the best agent of a training scored, on episodes of its step. */
export type BestEvaluation = NonNullable<Run['evaluation']>;

/** Evaluates an agent now and then while it is trained, and keeps the best. */
export interface BestKeeper {
  readonly callback: Callback;
  /** How long that has taken. */
  readonly seconds: number;
  /** What the best was so far, in this training and in those that it goes on with. */
  readonly best: BestEvaluation | undefined;
}

/** How to keep the best agent. */
export interface KeepBestOptions {
  readonly run: Run;
  /** Environment steps between evaluations. */
  readonly every: number;
  /** The best before: only what is better takes its place. */
  readonly before: BestEvaluation | undefined;
  /** Where to, asked for when there is something to save. */
  readonly folder: () => Promise<string>;
}

/**
 * Keeps the agent with the highest mean return of all evaluations in the folder of the last agent, as `best`. Evaluations play other episodes at
 * each step, none of training's or of the final score's, and leave training as it is. What training goes on with is evaluated first, since what comes of it
 * takes its place.
 */
export function keepBest({ run, every, before, folder }: KeepBestOptions): BestKeeper {
  let best = before;
  let seconds = 0;
  const keep = async (mean_return: number, agent: Agent): Promise<void> => {
    best = { step: agent.step, mean_return };
    try {
      await saveBest(await folder(), { ...run, evaluation: best }, agent);
    } catch (error) {
      console.error(`the best agent could not be saved: ${messageOf(error)}; training goes on`);
    }
  };
  const env = makeVectorEnv(run.environment, EPISODES);
  const evaluation = periodicEvaluation({
    env,
    interval: every,
    episodes: EPISODES,
    seed: run.seed,
    onBest: ({ meanReturn }, { agent }) => keep(meanReturn, agent),
  });
  if (before !== undefined) evaluation.setState({ best: before.mean_return });
  const evaluateFirst = async (agent: Agent): Promise<void> => {
    if (agent.step === 0 || agent.step === before?.step) return;
    const seed = spawnSeed(run.seed, streams.curve, agent.step);
    const { meanReturn } = evaluate(agent, env, { episodes: EPISODES, seed });
    if (before !== undefined && meanReturn <= before.mean_return) return;
    evaluation.setState({ best: meanReturn });
    await keep(meanReturn, agent);
  };
  const timed = async (work: () => unknown): Promise<void> => {
    const started = performance.now();
    await work();
    seconds += (performance.now() - started) / 1000;
  };
  return {
    callback: {
      onStart: async (training) => {
        await timed(() => evaluateFirst(training.agent));
        evaluation.onStart?.(training);
      },
      onProgress: (progress, training) => timed(() => evaluation.onProgress?.(progress, training)),
    },
    get seconds() {
      return seconds;
    },
    get best() {
      return best;
    },
  };
}

async function saveBest(folder: string, run: Run, agent: Agent): Promise<void> {
  // A folder is known as one of a training by its last agent.
  if (!existsSync(join(folder, 'agent.json'))) await saveRun(folder, withoutEvaluation(run), agent);
  await saveRun(join(folder, BEST), run, agent);
}

function withoutEvaluation(run: Run): Run {
  return { ...run, evaluation: undefined };
}

/** Where the best agent is of the training that was saved in `folder`; undefined where none was kept. */
function bestFolder(folder: string): string | undefined {
  const path = join(folder, BEST);
  return existsSync(join(path, 'agent.json')) ? path : undefined;
}

/** The folder of the last agent, or with `best` that of the best one. @throws UserError where none was kept. */
export function chooseAgent(folder: string, best: boolean): string {
  if (!best) return folder;
  const path = bestFolder(folder);
  if (path !== undefined) return path;
  throw new UserError(
    `${folder} holds no best agent beside the last; 'gradus train' keeps one with --out or --eval-every`,
  );
}

/** The best of the training that was saved in `folder`, which goes on in `target`; it is kept there, too. */
export async function resumeBest(folder: string, target: string | undefined): Promise<BestEvaluation | undefined> {
  const path = bestFolder(folder);
  if (path === undefined) return undefined;
  const { evaluation } = (await loadRun(path)).run;
  if (target !== undefined && resolve(target) !== resolve(folder)) {
    await saveCheckpoint(join(target, BEST), await loadCheckpoint(path));
  }
  return evaluation;
}

/** @throws UserError where going on in `folder` would replace the best agent of a training by a later one. */
export async function refuseBest(folder: string): Promise<void> {
  if (basename(resolve(folder)) !== BEST) return;
  if ((await loadRun(folder)).run.evaluation === undefined) return;
  throw new UserError(
    `--resume ${folder}: this is the best agent of a training, which stays as it is; to go on from it give a folder by --out`,
  );
}

/** Removes the best agent of a training that another is to replace. */
export async function forgetBest(folder: string): Promise<void> {
  await rm(join(folder, BEST), { recursive: true, force: true });
}
