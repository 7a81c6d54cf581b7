import { CheckpointError, EnvError } from '@gradus/core';
import { Command, CommanderError } from 'commander';
import { addBench } from './commands/bench-micro.ts';
import { addDemo } from './commands/demo.ts';
import { addEvaluate } from './commands/evaluate.ts';
import { addList } from './commands/list.ts';
import { addTrain } from './commands/train.ts';
import { UserError } from './user-error.ts';

/** Exit status for a command line that cannot be understood. */
const USAGE = 2;

function createCommand(): Command {
  const gradus = new Command('gradus')
    .description('Trains, evaluates and measures reinforcement learning agents.')
    .exitOverride()
    .showHelpAfterError("('--help' shows what there is)");
  addTrain(gradus);
  addEvaluate(gradus);
  addList(gradus);
  addBench(gradus);
  addDemo(gradus);
  return gradus;
}

/** Runs the command that `args` spell; sets the exit status of the process. */
export async function runGradus(args: readonly string[]): Promise<void> {
  try {
    await createCommand().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said what is wrong, or has shown the help that was asked for.
      process.exitCode = error.exitCode === 0 ? 0 : USAGE;
      return;
    }
    process.exitCode = 1;
    console.error(isUserError(error) ? `error: ${error.message}` : error);
  }
}

/** Whether an error's message is all that the user needs; of others, which are bugs, the stack is shown. */
function isUserError(error: unknown): error is Error {
  return [UserError, CheckpointError, EnvError].some((known) => error instanceof known);
}
