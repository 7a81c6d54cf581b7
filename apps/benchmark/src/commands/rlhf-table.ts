import {
  miniatureMethods,
  prepareMiniature,
  scoreMiniature,
  trainMiniature,
  type MiniatureMethod,
  type MiniatureScore,
  type PreparedMiniature,
} from '@gradus/llm-rlhf/miniature';
import type { Decoder } from '@gradus/llm-rlhf';
import type { Device } from '@gradus/tensor';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { MOST_HELD, integerFrom, parseSeeds, positiveNumber } from '../catalog/parse-options.ts';
import { partText } from '../report/numbers.ts';
import { lectureWinRates } from '../rlhf/lecture.ts';
import { count, table } from '../runs/results.ts';

interface RlhfTableOptions {
  readonly methods: readonly MiniatureMethod[];
  readonly seeds: readonly number[];
  readonly episodes?: number;
  readonly pairs?: number;
  readonly sftLoss?: number;
  readonly device?: DeviceChoice;
  readonly json: boolean;
}

/** What one method has made of one seed's miniature. */
interface TableRow {
  readonly seed: number;
  readonly method: string;
  /** Part of the held-out posts whose human summary is worse, with its interval of 95 %, of summaries that are drawn. */
  readonly win_rate: number;
  readonly win_rate_low: number;
  readonly win_rate_high: number;
  /** The same of the most likely summaries. */
  readonly greedy_win_rate: number;
  readonly gold: number;
  readonly reward: number;
  readonly kl: number;
  /** How often the seed's reward model is right about labels that it has not seen. */
  readonly reward_model_accuracy: number;
  /** Wall-clock seconds of the method's training, or of all that comes before it. */
  readonly seconds: number;
}

const notes = `
The miniature of TL;DR is a language of 34 words, made anew of each seed: supervised fine-tuning on imperfect human summaries, noisy labels of its own summaries, a
reward model, and then each method with the same number of completions. The win rate is that of 1,000 summaries of held-out posts against the human ones, to a judge
that nothing which is trained knows, and the lecture's is that of models with 6.9 billion weights on TL;DR. Where the reward model is right in less than 73 % of held-out labels, methods that learn from it cannot be told apart.

Examples:
  gradus rlhf table --seeds 3
  gradus rlhf table --methods dpo,rloo-2 --seeds 7, --json`;

/** Adds `gradus rlhf table`. */
export function addRlhfTable(rlhf: Command): void {
  rlhf
    .command('table')
    .description('compare the methods in a miniature of summarization from human feedback')
    .addOption(
      new Option('--methods <names>', `some of ${miniatureMethods.join(', ')}`)
        .argParser(parseMethods)
        .default([...miniatureMethods], 'all'),
    )
    .addOption(
      new Option('--seeds <seeds>', 'so many (3), these (7,8) or a range (0-4)')
        .argParser(parseSeeds)
        .default([0, 1, 2], '3'),
    )
    .option('--episodes <n>', 'completions that each method learns from (default: 19,200)', integerFrom(1))
    .option('--pairs <n>', 'pairs that are labelled (default: 48,000)', integerFrom(1, MOST_HELD))
    .option(
      '--sft-loss <nats>',
      'what a held-out token costs at most after supervised fine-tuning (default: 0.58)',
      positiveNumber,
    )
    .addOption(deviceOption())
    .option('--json', 'show no progress, and print a line of JSON for each method and seed', false)
    .addHelpText('after', notes)
    .action(rlhfTableCommand);
}

function parseMethods(text: string): MiniatureMethod[] {
  return text.split(',').map((name) => {
    const method = miniatureMethods.find((each) => each === name.trim());
    if (method !== undefined) return method;
    throw new InvalidArgumentError(`Expected some of ${miniatureMethods.join(', ')}, got '${name}'.`);
  });
}

async function rlhfTableCommand(options: RlhfTableOptions): Promise<void> {
  const device = await openDevice(options.device ?? defaultDeviceName());
  const rows: TableRow[] = [];
  for (const seed of options.seeds) {
    for await (const row of rowsOf(seed, options, device)) {
      rows.push(row);
      if (options.json) console.log(JSON.stringify(row));
      else console.error(`seed ${seed}: ${row.method}: ${partText(row.win_rate)} % in ${row.seconds.toFixed(0)} s`);
    }
  }
  if (!options.json) console.log(tableText(rows));
}

/** Supervised fine-tuning, and each method after it. */
async function* rowsOf(
  seed: number,
  { methods, episodes, pairs, sftLoss }: RlhfTableOptions,
  device: Device,
): AsyncGenerator<TableRow, void, void> {
  let start = performance.now();
  const prepared = prepareMiniature({
    seed,
    device,
    ...(pairs !== undefined && { pairs }),
    ...(sftLoss !== undefined && { sftLoss }),
  });
  yield rowOf(seed, 'sft', prepared.sft, prepared, device, start);
  for (const method of methods) {
    start = performance.now();
    const policy = await trainMiniature(method, prepared, {
      seed,
      device,
      ...(episodes !== undefined && { episodes }),
    });
    yield rowOf(seed, method, policy, prepared, device, start);
  }
}

function rowOf(
  seed: number,
  method: string,
  policy: Decoder,
  prepared: PreparedMiniature,
  device: Device,
  start: number,
): TableRow {
  const seconds = Math.round(performance.now() - start) / 1000;
  const scoreAt = (temperature: number): MiniatureScore =>
    scoreMiniature(policy, prepared, { seed, temperature, device });
  const { winRate, gold, reward, kl } = scoreAt(1);
  return {
    seed,
    method,
    win_rate: winRate.mean,
    win_rate_low: winRate.low,
    win_rate_high: winRate.high,
    greedy_win_rate: scoreAt(0).winRate.mean,
    gold: gold.mean,
    reward,
    kl,
    reward_model_accuracy: prepared.rewardModelAccuracy,
    seconds,
  };
}

/** A line for each method: means over seeds; behind win rates the interval of one seed, or the lowest and highest of several. */
function tableText(rows: readonly TableRow[]): string {
  const head = ['method', 'seeds', 'lecture %', 'win rate %', 'greedy %', 'gold', 'reward', 'KL', 'seconds'];
  const methods = [...new Set(rows.map(({ method }) => method))];
  const lines = methods.map((method) => {
    const own = rows.filter((row) => row.method === method);
    const mean = (name: Exclude<keyof TableRow, 'method'>): number =>
      own.reduce((sum, row) => sum + row[name], 0) / own.length;
    const rates = own.flatMap(({ win_rate, win_rate_low, win_rate_high }) =>
      own.length === 1 ? [win_rate_low, win_rate_high] : [win_rate],
    );
    const lecture = lectureWinRates[method as keyof typeof lectureWinRates];
    const range = `(${partText(Math.min(...rates))} to ${partText(Math.max(...rates))})`;
    return [
      method,
      count(own.length),
      lecture === undefined ? '–' : partText(lecture),
      `${partText(mean('win_rate'))} ${range}`,
      partText(mean('greedy_win_rate')),
      mean('gold').toFixed(2),
      mean('reward').toFixed(2),
      mean('kl').toFixed(1),
      mean('seconds').toFixed(0),
    ];
  });
  const accuracies = new Map(rows.map(({ seed, reward_model_accuracy }) => [seed, reward_model_accuracy]));
  const models = [...accuracies].map(([seed, accuracy]) => `seed ${seed}: ${partText(accuracy)} %`).join(', ');
  return `${table(head, lines)}\nheld-out labels that the reward model is right about: ${models}`;
}
