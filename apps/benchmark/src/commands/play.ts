import { randomInt } from 'node:crypto';
import type { TextGame } from '@gradus/envs/text';
import type { Command } from 'commander';
import { openOpponent } from '../backgammon/opponents.ts';
import { listEnvs, loadEnvironments, makeEnv } from '../catalog/environments.ts';
import { oneSeed } from '../catalog/parse-options.ts';
import { isStoryPath, openStory } from '../catalog/stories.ts';
import { checkOutputFile } from '../files/check-output-folder.ts';
import { replaceFile } from '../files/replace-file.ts';
import { playBackgammon } from '../play/backgammon.ts';
import { openTerminal } from '../play/terminal.ts';
import { playTextGame } from '../play/text-game.ts';
import { UserError } from '../user-error.ts';
import { descriptions } from './descriptions.ts';

interface PlayOptions {
  readonly seed?: number;
  readonly transcript?: string;
  readonly force: boolean;
}

const notes = `
A transcript of backgammon is a match file (.mat). 'gradus backgammon play' has more opponents.

Examples:
  gradus play zork1.z3
  gradus play Cooking-v0 --seed 3 --transcript cooking.txt
  gradus play backgammon`;

/** Adds `gradus play` to the command. */
export function addPlay(gradus: Command): void {
  gradus
    .command('play')
    .description(descriptions.play)
    .argument('<game>', 'a story file of the Z-machine (version 3, 4, 5 or 8), the id of a text world, or backgammon')
    .option('--seed <n>', 'seed of all that is random (default: another one each time)', oneSeed)
    .option('--transcript <file>', 'write down what was said')
    .option('--force', 'replace the file of --transcript', false)
    .addHelpText('after', notes)
    .action(playCommand);
}

async function playCommand(name: string, options: PlayOptions): Promise<void> {
  const { seed = randomInt(2 ** 47), transcript, force } = options;
  if (transcript !== undefined) await checkOutputFile(transcript, '--transcript', force);
  const opponent = name === 'backgammon' ? await openOpponent('pubeval', 1, seed) : undefined;
  const game = opponent ? undefined : await textGame(name);
  const terminal = openTerminal();
  try {
    let record = '';
    if (opponent) record = await playBackgammon(terminal, opponent, seed);
    if (game) record = await playTextGame(terminal, game, seed);
    if (transcript !== undefined && record !== '') await replaceFile(transcript, record);
  } finally {
    terminal.close();
    opponent?.close();
  }
}

/** The text game of that id, or in the story file at that path. @throws UserError where there is neither. */
async function textGame(name: string): Promise<TextGame> {
  if (!isStoryPath(name)) await loadEnvironments([name]);
  // People may take back what a story ended with.
  if (!listEnvs().includes(name)) return openStory(name, { untilQuit: true });
  const env = makeEnv(name);
  if ('game' in env) return env.game as TextGame;
  const ids = listEnvs().filter((id) => 'game' in makeEnv(id));
  throw new UserError(`${name} is no game for people: expected a story file, backgammon or one of ${ids.join(', ')}`);
}
