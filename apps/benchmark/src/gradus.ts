import { Command, CommanderError, Option } from 'commander';
import { descriptions } from './commands/descriptions.ts';
import { Interrupted, messageOf, UserError } from './user-error.ts';

/** Exit statuses. */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

/** Declares a command, of which `args` are the words. */
type AddCommand = (gradus: Command, args: readonly string[]) => void | Promise<void>;

/** What declares each command; its module is loaded for that, and with it all that the command needs. */
const loaders: Readonly<Record<keyof typeof descriptions, () => Promise<AddCommand>>> = {
  train: async () => (await import('./commands/train.ts')).addTrain,
  evaluate: async () => (await import('./commands/evaluate.ts')).addEvaluate,
  watch: async () => (await import('./commands/watch.ts')).addWatch,
  play: async () => (await import('./commands/play.ts')).addPlay,
  export: async () => (await import('./commands/export.ts')).addExport,
  import: async () => (await import('./commands/import.ts')).addImport,
  list: async () => (await import('./commands/list.ts')).addList,
  bench: async () => (await import('./commands/bench.ts')).addBench,
  report: async () => (await import('./commands/report.ts')).addReport,
  compare: async () => (await import('./commands/compare.ts')).addCompare,
  tune: async () => (await import('./commands/tune.ts')).addTune,
  experiment: async () => (await import('./commands/experiment.ts')).addExperiment,
  rlhf: async () => (await import('./commands/rlhf.ts')).addRlhf,
  backgammon: async () => (await import('./commands/backgammon.ts')).addBackgammon,
  worker: async () => (await import('./commands/worker.ts')).addWorker,
};

/** Commands that know environments and algorithms of the user's own. */
const importing: readonly string[] = [
  'train',
  'evaluate',
  'watch',
  'export',
  'import',
  'list',
  'bench',
  'tune',
  'worker',
];

const importOption = (): Option =>
  new Option(
    '--import <file>',
    'a module with environments or algorithms of your own (.js, or .ts where Node runs that)',
  )
    .argParser((path, before: readonly string[]) => [...before, path])
    .default([], 'none');

/** Imports what `args` import, so that the command that is declared then knows it. */
async function importNamed(args: readonly string[]): Promise<void> {
  const paths = args.flatMap((word, i) => {
    if (word.startsWith('--import=')) return [word.slice('--import='.length)];
    return i > 0 && args[i - 1] === '--import' ? [word] : [];
  });
  if (paths.length > 0) await (await import('./catalog/user-modules.ts')).importModules(paths);
}

/** The command line; of commands that `args` do not name there is only what the list of commands shows. */
async function createCommand(args: readonly string[]): Promise<Command> {
  const gradus = new Command('gradus')
    .description('Trains, evaluates and measures reinforcement learning agents.')
    .exitOverride()
    // Options after a command are those of that command; 'bench' has some itself, and a command 'micro'.
    .enablePositionalOptions()
    .showHelpAfterError("('--help' shows what there is)");
  const named = args.find((word) => word !== 'help' && !word.startsWith('-'));
  for (const [name, load] of Object.entries(loaders)) {
    if (name === named) {
      if (importing.includes(name)) await importNamed(args);
      const add = await load();
      await add(gradus, args);
      if (importing.includes(name)) gradus.commands.find((each) => each.name() === name)?.addOption(importOption());
    } else gradus.command(name).description(descriptions[name as keyof typeof descriptions]);
  }
  return gradus;
}

/** The command that `args` name, or the part of it that there is. */
function namedCommand(command: Command, [word, ...rest]: readonly string[]): Command {
  const next = command.commands.find((each) => each.name() === word);
  return next === undefined ? command : namedCommand(next, rest);
}

/**
 * Runs the command that `args` spell.
 * @returns its exit status: 0, 1 where it failed, 2 for a command line that makes no sense, 130 after Ctrl-C.
 * @throws TypeError for what is no list of words.
 */
export async function runGradus(args: readonly string[]): Promise<number> {
  if (!Array.isArray(args) || args.some((word) => typeof word !== 'string')) {
    throw new TypeError("runGradus: expected args to be a list of words, such as ['list']");
  }
  let gradus: Command | undefined;
  try {
    gradus = await createCommand(args);
    await gradus.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said what is wrong, or has shown the help that was asked for.
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (error.code !== 'commander.unknownOption' || gradus === undefined) return MISUSED;
      const { optionHint } = await import('./commands/option-hints.ts');
      const hint = await optionHint(error.message, namedCommand(gradus, args));
      if (hint !== undefined) console.error(hint);
      return MISUSED;
    }
    if (error instanceof Interrupted) {
      console.error(error.message);
      return INTERRUPTED;
    }
    console.error(process.env.GRADUS_STACK === undefined ? await describe(error) : error);
    return FAILED;
  }
}

/** An error in one line. Of what is no error of the user's, and so a bug, it says how to see where it comes from. */
async function describe(error: unknown): Promise<string> {
  const message = messageOf(error).replaceAll(/\s*\n\s*/g, ' ');
  if (await isUserError(error)) return `error: ${message}`;
  const name = error instanceof Error ? error.name : 'error';
  return `error: unexpected ${name}: ${message} (with GRADUS_STACK=1 in the environment its stack is shown)`;
}

/** Whether an error's message is all that the user needs. */
async function isUserError(error: unknown): Promise<boolean> {
  if (error instanceof UserError) return true;
  const { CheckpointError, DivergenceError, EnvError, LogError } = await import('@gradus/core');
  const { ImportError } = await import('@gradus/stable-baselines3');
  const { SafetensorsError } = await import('@gradus/tensor');
  const known = [CheckpointError, DivergenceError, EnvError, LogError, SafetensorsError, ImportError];
  return known.some((each) => error instanceof each);
}
