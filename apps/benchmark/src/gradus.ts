import { CheckpointError, DivergenceError, EnvError, LogError } from '@gradus/core';
import { SafetensorsError } from '@gradus/tensor';
import { Command, CommanderError } from 'commander';
import { addBench } from './commands/bench.ts';
import { addCompare } from './commands/compare.ts';
import { addEvaluate } from './commands/evaluate.ts';
import { addExperiment } from './commands/experiment.ts';
import { addList } from './commands/list.ts';
import { addReport } from './commands/report.ts';
import { addTrain } from './commands/train.ts';
import { addTune } from './commands/tune.ts';
import { addWatch } from './commands/watch.ts';
import { addWorker } from './commands/worker.ts';
import { Interrupted, messageOf, UserError } from './user-error.ts';

/** Exit statuses. */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

function createCommand(): Command {
  const gradus = new Command('gradus')
    .description('Trains, evaluates and measures reinforcement learning agents.')
    .exitOverride()
    // Options after a command are those of that command; 'bench' has some itself, and a command 'micro'.
    .enablePositionalOptions()
    .showHelpAfterError("('--help' shows what there is)");
  addTrain(gradus);
  addEvaluate(gradus);
  addWatch(gradus);
  addList(gradus);
  addBench(gradus);
  addReport(gradus);
  addCompare(gradus);
  addTune(gradus);
  addExperiment(gradus);
  addWorker(gradus);
  return gradus;
}

/**
 * Runs the command that `args` spell.
 * @returns its exit status: 0, 1 where it failed, 2 for a command line that makes no sense, 130 after Ctrl-C.
 */
export async function runGradus(args: readonly string[]): Promise<number> {
  try {
    await createCommand().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said what is wrong, or has shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
    if (error instanceof Interrupted) {
      console.error(error.message);
      return INTERRUPTED;
    }
    console.error(process.env.GRADUS_STACK === undefined ? describe(error) : error);
    return FAILED;
  }
}

/** An error in one line. Of what is no error of the user's, and so a bug, it says how to see where it comes from. */
function describe(error: unknown): string {
  const message = messageOf(error).replaceAll(/\s*\n\s*/g, ' ');
  if (isUserError(error)) return `error: ${message}`;
  const name = error instanceof Error ? error.name : 'error';
  return `error: unexpected ${name}: ${message} (with GRADUS_STACK=1 in the environment its stack is shown)`;
}

/** Whether an error's message is all that the user needs. */
function isUserError(error: unknown): boolean {
  const known = [UserError, CheckpointError, DivergenceError, EnvError, LogError, SafetensorsError];
  return known.some((each) => error instanceof each);
}
