import { encodeMatch, playGames, type GamesResult, type MatchGame } from '@gradus/envs/backgammon';
import { Option, type Command } from 'commander';
import { agentPlayer, openOpponent, opponentNames } from '../backgammon/opponents.ts';
import { loadBackgammonRun } from '../backgammon/saved-agent.ts';
import { deviceOption, type DeviceChoice } from '../catalog/devices.ts';
import { MOST_HELD, integerFrom, oneSeed } from '../catalog/parse-options.ts';
import { checkOutputFile } from '../files/check-output-folder.ts';
import { replaceFile } from '../files/replace-file.ts';
import { count, table } from '../runs/results.ts';

interface EvaluateOptions {
  readonly against: string;
  readonly games: number;
  readonly plies: '1' | '2';
  readonly seed: number;
  readonly device?: DeviceChoice;
  readonly match?: string;
  readonly force: boolean;
  readonly json: boolean;
}

/** Adds `gradus backgammon evaluate`. */
export function addBackgammonEvaluate(group: Command): void {
  group
    .command('evaluate')
    .description('let a saved agent play games')
    .argument('<dir>', 'where the agent was saved')
    .option(
      '--against <who>',
      `${opponentNames.join(', ')} (GNU Backgammon, where it is installed), or where another agent was saved`,
      'pubeval',
    )
    .option('--games <n>', 'games to play, two each with the same dice', integerFrom(1, MOST_HELD), 1000)
    .addOption(pliesOption('how far the agent looks ahead, and gnubg or another agent, too'))
    .option('--seed <n>', 'seed of the dice', oneSeed, 0)
    .addOption(deviceOption())
    .option('--match <file>', 'write the games as a match file (.mat)')
    .option('--force', 'replace the file of --match', false)
    .option('--json', 'print the result as one line of JSON', false)
    .action(evaluateCommand);
}

/** How far somebody looks ahead. */
export function pliesOption(description: string): Option {
  return new Option('--plies <n>', description).choices(['1', '2']).default('1');
}

async function evaluateCommand(folder: string, options: EvaluateOptions): Promise<void> {
  const { against, games, seed, match, force, json, device } = options;
  const plies = options.plies === '2' ? 2 : 1;
  if (match !== undefined) await checkOutputFile(match, '--match', force);
  const { agent } = await loadBackgammonRun(folder, {}, device);
  const opponent = await openOpponent(against, plies, seed);
  try {
    const played: MatchGame[] = [];
    const score: [number, number] = [0, 0];
    const result = await playGames(agentPlayer(agent, plies), opponent, {
      games,
      seed,
      onGame: (game) => {
        if (match !== undefined) played.push({ score: [...score], ...game });
        score[game.winner] += game.points;
      },
    });
    if (match !== undefined) {
      await replaceFile(match, encodeMatch({ players: ['td-gammon', opponent.name], length: 0, games: played }));
    }
    console.log(json ? jsonText(against, plies, seed, result) : resultText(against, agent.step, result));
  } finally {
    opponent.close();
    agent.dispose();
  }
}

function jsonText(against: string, plies: number, seed: number, result: GamesResult): string {
  const { games, won, lost, winRate, pointsPerGame, standardError } = result;
  return JSON.stringify({
    against,
    plies,
    seed,
    games,
    won,
    lost,
    win_rate: winRate,
    points_per_game: pointsPerGame,
    standard_error: standardError,
  });
}

function resultText(against: string, learned: number, result: GamesResult): string {
  const { games, won, lost, winRate, pointsPerGame, standardError } = result;
  const head = ['trained for', 'against', 'games', 'won', 'points per game', 'gammons, backgammons', 'of the other'];
  const row = [
    `${count(learned)} games`,
    against,
    count(games),
    `${(100 * winRate).toFixed(1)} %`,
    `${pointsPerGame.toFixed(3)} ± ${standardError.toFixed(3)}`,
    won.slice(1).join(', '),
    lost.slice(1).join(', '),
  ];
  return table(head, [row]);
}
