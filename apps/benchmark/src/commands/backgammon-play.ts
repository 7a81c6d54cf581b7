import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { openOpponent } from '../backgammon/opponents.ts';
import { oneSeed } from '../catalog/parse-options.ts';
import { checkOutputFile } from '../files/check-output-folder.ts';
import { replaceFile } from '../files/replace-file.ts';
import { playBackgammon } from '../play/backgammon.ts';
import { openTerminal } from '../play/terminal.ts';
import { pliesOption } from './backgammon-evaluate.ts';

interface PlayOptions {
  readonly plies: '1' | '2';
  readonly seed?: number;
  readonly match?: string;
  readonly force: boolean;
}

/** Adds `gradus backgammon play`. */
export function addBackgammonPlay(group: Command): void {
  group
    .command('play')
    .description('play in the terminal')
    .argument('[opponent]', 'where an agent was saved, or random, pubeval, gnubg', 'pubeval')
    .addOption(pliesOption('how far the opponent looks ahead'))
    .option('--seed <n>', 'seed of the dice (default: another one each time)', oneSeed)
    .option('--match <file>', 'write the games that were finished as a match file (.mat)')
    .option('--force', 'replace the file of --match', false)
    .action(playCommand);
}

async function playCommand(name: string, options: PlayOptions): Promise<void> {
  const { plies, seed = randomInt(2 ** 47), match, force } = options;
  if (match !== undefined) await checkOutputFile(match, '--match', force);
  const opponent = await openOpponent(name, plies === '2' ? 2 : 1, seed);
  const terminal = openTerminal();
  try {
    const played = await playBackgammon(terminal, opponent, seed);
    if (match !== undefined && played !== '') await replaceFile(match, played);
  } finally {
    terminal.close();
    opponent.close();
  }
}
