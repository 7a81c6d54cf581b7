import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { deviceNames, openDevice, type DeviceChoice } from '../devices.ts';
import { measure, median } from '../micro/measure.ts';
import type { MicroCase } from '../micro/micro-case.ts';
import { microCases } from '../micro/micro-cases.ts';
import { integerFrom, positiveNumber } from '../parse-options.ts';

interface BenchMicroOptions {
  readonly device?: DeviceChoice;
  readonly threads?: number;
  readonly only?: string;
  readonly json: boolean;
  readonly torch: boolean;
  readonly seconds: number;
  readonly repeat: number;
}

export function addBenchMicro(bench: Command): void {
  bench
    .command('micro')
    .description('time single updates: forward pass, backward pass and optimizer on fixed made-up data')
    .addOption(new Option('--device <name>', 'only this device').choices(deviceNames))
    .option('--threads <n>', 'threads of the native device', integerFrom(1))
    .option('--only <names>', 'only these cases, separated by commas')
    .option('--seconds <s>', 'how long a case is repeated for one figure', positiveNumber, 1)
    .option('--repeat <n>', 'figures per case; their median is reported', integerFrom(1), 5)
    .option('--torch', 'time the same cases in PyTorch in turn, and report the ratio', false)
    .option('--json', 'print one line of JSON per case', false)
    .action(benchMicro);
}

async function benchMicro(options: BenchMicroOptions): Promise<void> {
  for (const { micro, device, threads } of plan(options)) {
    const opened = await openDevice(device, threads);
    const update = micro.create(opened);
    measure(update.run, Math.min(1, options.seconds / 2));
    const times = Array.from({ length: options.repeat }, () => measure(update.run, options.seconds));
    update.dispose();
    const median_us = Math.round(median(times) * 10) / 10;
    console.log(JSON.stringify({ case: micro.name, device, threads, median_us }));
  }
}

interface Measurement {
  readonly micro: MicroCase;
  readonly device: DeviceChoice;
  readonly threads: number;
}

function plan({ device, threads, only }: BenchMicroOptions): Measurement[] {
  const names = only?.split(',');
  return microCases.filter(({ name }) => names === undefined || names.includes(name)).flatMap((micro) => {
    const devices = device === undefined ? (['native', 'wasm'] as const) : [device];
    return devices.flatMap((name) => threadsFor(micro, name, threads).map((n) => ({ micro, device: name, threads: n })));
  });
}

function threadsFor(micro: MicroCase, device: DeviceChoice, threads: number | undefined): number[] {
  if (threads !== undefined) return [threads];
  const isLarge = /^(ddpg|sac|gpt)/.test(micro.name);
  return device === 'native' && isLarge && availableParallelism() >= 2 ? [1, 2] : [1];
}
