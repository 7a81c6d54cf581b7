import type { Command } from 'commander';
import { deviceOption, type DeviceChoice } from '../catalog/devices.ts';
import { integerFrom } from '../catalog/parse-options.ts';
import { count, cutOffText, scoreAgent, scoreText, table } from '../runs/results.ts';
import { chooseAgent } from '../runs/keep-best.ts';
import { loadRun, loadRunAgent } from '../runs/run.ts';
import { descriptions } from './descriptions.ts';

interface EvaluateOptions {
  readonly episodes: number;
  readonly seed?: number;
  readonly device?: DeviceChoice;
  readonly stochastic: boolean;
  readonly best: boolean;
  readonly json: boolean;
}

/** Adds `gradus evaluate` to the command. */
export function addEvaluate(gradus: Command): void {
  gradus
    .command('evaluate')
    .description(descriptions.evaluate)
    .argument('<dir>', 'where the agent was saved')
    .option('--episodes <n>', 'episodes to play', integerFrom(1), 100)
    .option('--seed <n>', 'seed of the episodes (default: the one used after training)', integerFrom(0))
    .option('--stochastic', 'draw actions as in training, instead of playing the best', false)
    .option('--best', 'play with the best agent of the training rather than the last', false)
    .addOption(deviceOption())
    .option('--json', 'print the result as one line of JSON', false)
    .action(evaluateCommand);
}

async function evaluateCommand(folder: string, options: EvaluateOptions): Promise<void> {
  const { run, checkpoint } = await loadRun(chooseAgent(folder, options.best));
  const { episodes, seed = run.seed, stochastic, device, json } = options;
  const agent = await loadRunAgent(run, checkpoint, { device });
  const score = scoreAgent(agent, run.environment, episodes, seed, !stochastic);
  const { algorithm, environment } = run;
  if (json) {
    console.log(JSON.stringify({ algorithm, environment, steps: agent.step, episodes, seed, stochastic, ...score }));
    return;
  }
  const head = [
    'algorithm',
    'environment',
    'trained for',
    `return over ${episodes} episodes${stochastic ? ', actions drawn' : ''}`,
  ];
  console.log(table(head, [[algorithm, environment, `${count(agent.step)} steps`, scoreText(score)]]));
  if (score.cut_off_episodes > 0) console.log(cutOffText(score.cut_off_episodes, episodes));
}
