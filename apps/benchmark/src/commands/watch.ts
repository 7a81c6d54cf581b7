import { basename, dirname, extname } from 'node:path';
import { evaluate, type Env, type RenderFormat } from '@gradus/core';
import { makeEnv } from '../catalog/environments.ts';
import { GifRecorder } from '@gradus/envs/node';
import type { Command } from 'commander';
import { checkOutputFile } from '../files/check-output-folder.ts';
import { deviceOption, type DeviceChoice } from '../catalog/devices.ts';
import { MOST_HELD, integerFrom } from '../catalog/parse-options.ts';
import { saveOutcome } from '../files/replace-file.ts';
import { count, cutOffText } from '../runs/results.ts';
import { chooseAgent } from '../runs/keep-best.ts';
import { loadRun, loadRunAgent } from '../runs/run.ts';
import { messageOf, UserError } from '../user-error.ts';
import { descriptions } from './descriptions.ts';

interface WatchOptions {
  readonly out?: string;
  readonly episodes: number;
  readonly seed?: number;
  readonly frames: number;
  readonly maxSteps: number;
  readonly best: boolean;
  readonly force: boolean;
  readonly device?: DeviceChoice;
  readonly json: boolean;
}

/** More pictures a second would make larger files, and no smoother ones to the eye. */
const MAX_FRAMES_PER_SECOND = 25;
/** An episode that does not end, or hardly, is not watched to its end. */
const MAX_STEPS = 10_000;
/** How long the end of an episode can be seen. */
const END_SECONDS = 1;

const notes = `
Time passes as it does in the environment, at up to ${MAX_FRAMES_PER_SECOND} frames a second. What would need more than --frames is
shown faster, with more steps from one frame to the next; the first and last state of every episode are always there.

Examples:
  gradus train ppo CartPole-v1 --out runs/cart-pole
  gradus watch runs/cart-pole
  gradus watch runs/cart-pole --episodes 3 --seed 7 --out balance.gif`;

/** Adds `gradus watch` to the command. */
export function addWatch(gradus: Command): void {
  gradus
    .command('watch')
    .description(descriptions.watch)
    .argument('<dir>', 'where the agent was saved')
    .option('--out <file>', 'where to write the GIF (default: <dir>.gif)')
    .option('--episodes <n>', 'whole episodes to play', integerFrom(1, MOST_HELD), 1)
    .option('--seed <n>', 'seed of the first episode (default: the one used after training)', integerFrom(0))
    .option('--max-steps <n>', 'steps after which an episode is cut off', integerFrom(1), MAX_STEPS)
    .option('--best', 'watch the best agent of the training rather than the last', false)
    .option('--force', 'replace the file that is there', false)
    .option('--frames <n>', 'frames that the GIF should not exceed', integerFrom(2), 300)
    .addOption(deviceOption())
    .option('--json', 'print the result as one line of JSON', false)
    .addHelpText('after', notes)
    .action(watchCommand);
}

async function watchCommand(folder: string, options: WatchOptions): Promise<void> {
  const { best } = options;
  const { out = `${folder.replace(/[/\\]+$/, '')}${best ? '-best' : ''}.gif`, episodes, json } = options;
  checkFormat(out);
  const { run, checkpoint } = await loadRun(chooseAgent(folder, best));
  const { seed = run.seed } = options;
  const { algorithm, environment } = run;
  const env = makeEnv(environment);
  const { renderFormat } = env;
  if (!renderFormat)
    throw new UserError(
      `${environment} cannot be watched: it draws no pictures, as render(context) and renderFormat would`,
    );
  await checkOutputFile(out, '--out', options.force);
  const agent = await loadRunAgent(run, checkpoint, { device: options.device });

  const maxEpisodeSteps = Math.min(env.maxEpisodeSteps ?? Infinity, options.maxSteps);
  // Played once for the lengths; the same seed gives the same episodes again.
  const { returns, lengths, cutOff } = evaluate(agent, env, { episodes, seed, maxEpisodeSteps });
  const { stride, framesPerSecond } = choosePace(renderFormat, lengths, options.frames);
  const recorder = await createRecorder(env, framesPerSecond);
  evaluate(agent, recorded(env, recorder, stride, lengths), { episodes, seed, maxEpisodeSteps });
  const speed = (stride * framesPerSecond) / renderFormat.framesPerSecond;
  const bytes = recorder.finish();
  await saveOutcome(dirname(out), { [basename(out)]: bytes });

  const { frames } = recorder;
  if (json) {
    console.log(
      JSON.stringify({ algorithm, environment, seed, returns, lengths, cut_off: cutOff, frames, speed, out }),
    );
    return;
  }
  const pace = speed > 1 ? `, ${speed.toFixed(1)} times as fast as it happens` : '';
  console.log(`${out}: ${count(frames)} frames, ${count(bytes.length / 1000)} kB${pace}`);
  returns.forEach((sum, i) => console.log(`return ${Number(sum.toFixed(3))} in ${count(lengths[i])} steps`));
  if (cutOff > 0) {
    console.log(
      `${cutOffText(cutOff, episodes)} after ${count(maxEpisodeSteps)} steps; --max-steps says after how many`,
    );
  }
}

/** @throws UserError for a file of another format than the one that is written. */
function checkFormat(path: string): void {
  const extension = extname(path);
  if (extension.toLowerCase() === '.gif') return;
  const got = extension === '' ? 'a name without an ending' : extension;
  throw new UserError(`--out ${path}: expected a file whose name ends in .gif, the only format there is, got ${got}`);
}

/** How many steps to take from one frame to the next, and how many frames to show in a second. */
export function choosePace(
  { framesPerSecond }: RenderFormat,
  lengths: readonly number[],
  maxFrames: number,
): { readonly stride: number; readonly framesPerSecond: number } {
  const naturalStride = Math.ceil(framesPerSecond / MAX_FRAMES_PER_SECOND);
  const framesWith = (stride: number): number =>
    lengths.reduce((sum, length) => sum + 1 + Math.ceil(length / stride), 0);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  let stride = naturalStride;
  while (stride < longest && framesWith(stride) > maxFrames) stride++;
  return { stride, framesPerSecond: framesPerSecond / naturalStride };
}

async function createRecorder(env: Env, framesPerSecond: number): Promise<GifRecorder> {
  try {
    return await GifRecorder.create(env, { framesPerSecond });
  } catch (error) {
    throw new UserError(messageOf(error));
  }
}

/** `env`, of which the first and last state of each episode and every `stride`-th between are drawn while somebody plays in it. */
function recorded(env: Env, recorder: GifRecorder, stride: number, lengths: readonly number[]): Env {
  let episode = -1;
  let steps = 0;
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    maxEpisodeSteps: env.maxEpisodeSteps,
    statistics: env.statistics,
    ...(env.actionMask && { actionMask: () => env.actionMask?.() ?? new Uint8Array() }),
    reset(options) {
      const result = env.reset(options);
      episode++;
      steps = 0;
      recorder.addFrame();
      return result;
    },
    step(action) {
      const result = env.step(action);
      if (++steps === lengths[episode]) recorder.addFrame(END_SECONDS);
      else if (steps % stride === 0) recorder.addFrame();
      return result;
    },
  };
}
