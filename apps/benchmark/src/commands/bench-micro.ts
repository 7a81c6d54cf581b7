import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { deviceNames, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { measure, median } from '../micro/measure.ts';
import type { MicroCase } from '../micro/micro-case.ts';
import { microCases } from '../micro/micro-cases.ts';
import { peakMemory } from '../micro/peak-memory.ts';
import { nameHint } from '../files/name-hint.ts';
import { integerFrom, positiveNumber } from '../catalog/parse-options.ts';
import { count, table } from '../runs/results.ts';
import { findTorch, pythonFolders } from '../torch/find-torch.ts';
import { hasAvx512, settingsText, settingsToTry, startFastestTorch } from '../torch/fastest-torch.ts';
import { TorchProcess } from '../torch/torch-process.ts';
import { messageOf, UserError } from '../user-error.ts';

interface BenchMicroOptions {
  readonly device?: DeviceChoice;
  readonly threads?: number;
  readonly only?: readonly MicroCase[];
  readonly seconds: number;
  readonly repeat: number;
  readonly torch: boolean;
  readonly memory: boolean;
  readonly json: boolean;
}

/** What is measured, and where. */
interface Measured {
  readonly case: string;
  readonly device: DeviceChoice;
  readonly threads: number;
}

/** One line of the report of times. */
interface Measurement extends Measured {
  /** Microseconds per update: median over the repeats. */
  readonly median_us: number;
  /** Of language models: tokens in a second, learned from or generated. */
  readonly tokens_per_second?: number;
  /** The same of PyTorch, timed in turn. */
  readonly torch_us?: number;
  /** torch_us / median_us: above 1 where PyTorch is slower. */
  readonly ratio?: number;
}

/** One line of the report of memory. */
interface Peak extends Measured {
  /** MiB that a process held at most which did nothing else. */
  readonly peak_mib: number;
  /** The same of Python with PyTorch. */
  readonly torch_peak_mib?: number;
}

/** Gives `gradus bench micro` its options and what it does. */
export function fillBenchMicro(micro: Command): void {
  micro
    .addOption(
      new Option(
        '--device <name>',
        'only on this device (default: native, wasm-relaxed and wasm, where they load)',
      ).choices(deviceNames),
    )
    .option('--threads <n>', 'threads of one operation (default: 1, and 2 in large cases)', integerFrom(1))
    .option('--only <names>', 'only these cases, separated by commas', parseCases)
    .option('--seconds <s>', 'time for which an update is repeated to get one figure', positiveNumber, 1)
    .option('--repeat <n>', 'figures whose median is reported', integerFrom(1), 5)
    .option('--torch', 'take turns with PyTorch on the same cases, and report ratios', false)
    .option(
      '--memory',
      'report peak memory in place of times: what a process holds at most that does one case alone',
      false,
    )
    .option('--json', 'print one line of JSON for each case, device and number of threads', false)
    .addHelpText('after', `\nCases:\n${microCases.map(({ name }) => `  ${name}\n`).join('')}`)
    .action(benchMicro);
}

function parseCases(text: string): MicroCase[] {
  return text.split(',').map((wanted) => {
    const found = microCases.find(({ name }) => name === wanted);
    if (found !== undefined) return found;
    const names = microCases.map(({ name }) => name);
    throw new UserError(`--only: unknown case '${wanted}'; ${nameHint(wanted, names)}`);
  });
}

async function benchMicro(options: BenchMicroOptions): Promise<void> {
  const { only = microCases, device, threads, json } = options;
  if (threads !== undefined && threads > 1 && device === 'tensorflow') {
    throw new UserError(`--threads ${threads}: the ${device} device runs on one thread`);
  }
  const python = options.torch ? findTorch(pythonFolders()) : undefined;
  const devices = device === undefined ? await defaultDevices() : [device];
  const all: Measured[] = only.flatMap((micro) =>
    devices.flatMap((name) => {
      const counts = name === 'tensorflow' ? [1] : threadCounts(micro, threads);
      return counts.map((n) => ({ case: micro.name, device: name, threads: n }));
    }),
  );
  const lines = options.memory ? peaksOf(all, options, python) : timesOf(all, options, python);
  const measured: (Measurement | Peak)[] = [];
  for await (const line of lines) {
    measured.push(line);
    showStatus('');
    if (json) console.log(JSON.stringify(line));
  }
  if (!json) console.log(report(measured));
}

async function* timesOf(
  all: readonly Measured[],
  options: BenchMicroOptions,
  python: string | undefined,
): AsyncGenerator<Measurement, void, void> {
  const torches = new Map<number, TorchProcess>();
  try {
    for (const each of all) {
      showMeasured(each);
      const torch = python === undefined ? undefined : await startTorch(python, each.threads, torches, options.json);
      yield await timeOf(each, options, torch);
    }
  } finally {
    for (const torch of torches.values()) torch.close();
  }
}

async function* peaksOf(
  all: readonly Measured[],
  { seconds }: BenchMicroOptions,
  python: string | undefined,
): AsyncGenerator<Peak, void, void> {
  for (const each of all) {
    showMeasured(each);
    const { case: name, device, threads } = each;
    const ours = { ...each, peak_mib: round(await peakMemory(name, device, threads, seconds), 1) };
    yield python === undefined ? ours : { ...ours, torch_peak_mib: await peakOfTorch(python, name, threads, seconds) };
  }
}

/** As it is: settings that make it faster make it hold more. */
async function peakOfTorch(python: string, name: string, threads: number, seconds: number): Promise<number> {
  const torch = new TorchProcess(python, threads, {});
  try {
    await torch.start();
    return round(await torch.peakMemory(name, seconds), 1);
  } finally {
    torch.close();
  }
}

function showMeasured({ case: name, device, threads }: Measured): void {
  showStatus(`${name} on ${device}, ${threads} thread${threads === 1 ? '' : 's'}`);
}

/** All embedded devices that are there. */
async function defaultDevices(): Promise<DeviceChoice[]> {
  const there: DeviceChoice[] = [];
  for (const name of ['native', 'wasm-relaxed', 'wasm'] as const) {
    try {
      await openDevice(name);
      there.push(name);
    } catch (error) {
      console.error(`leaving out ${messageOf(error)}`);
    }
  }
  return there;
}

/** Small networks only lose by threads. */
function threadCounts({ isLarge }: MicroCase, threads: number | undefined): number[] {
  if (threads !== undefined) return [threads];
  return isLarge && availableParallelism() >= 2 ? [1, 2] : [1];
}

async function timeOf(
  measured: Measured,
  { seconds, repeat }: BenchMicroOptions,
  torch: TorchProcess | undefined,
): Promise<Measurement> {
  const { device, threads } = measured;
  const [micro] = parseCases(measured.case);
  const update = micro.create(await openDevice(device, threads));
  await measure(update.run, Math.min(1, seconds / 2));
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < repeat; i++) {
    ours.push(await measure(update.run, seconds));
    if (torch !== undefined) theirs.push(await torch.measure(micro.name, seconds));
  }
  update.dispose();
  const median_us = round(median(ours), 1);
  const speed = micro.tokens === undefined ? {} : { tokens_per_second: Math.round((1e6 * micro.tokens) / median_us) };
  const measurement = { ...measured, median_us, ...speed };
  if (torch === undefined) return measurement;
  return { ...measurement, torch_us: round(median(theirs), 1), ratio: round(median(theirs) / median(ours), 2) };
}

/** Below this many GFLOP/s PyTorch has no BLAS worth the name, and losing to it would take an effort. */
const SLOW_PRODUCTS = 20;

/** PyTorch with `threads` threads, started when first needed, under the settings that are best for it. Says which these are. */
async function startTorch(
  python: string,
  threads: number,
  running: Map<number, TorchProcess>,
  json: boolean,
): Promise<TorchProcess> {
  const known = running.get(threads);
  if (known !== undefined) return known;
  showStatus(`PyTorch, ${threads} thread${threads === 1 ? '' : 's'}: which settings are best for it`);
  const choice = settingsToTry(hasAvx512(), process.env.OPENBLAS_CORETYPE);
  const { process: torch, torch: version, gflops, settings, tried } = await startFastestTorch(python, threads, choice);
  running.set(threads, torch);
  showStatus('');
  if (json) {
    const stated = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value ?? null]));
    console.log(JSON.stringify({ peer: `PyTorch ${version}`, threads, gflops, settings: stated, tried }));
  } else {
    console.error(`PyTorch ${version} (${python}), threads: ${threads}, matrix products: ${gflops} GFLOP/s`);
    console.error(`  fastest: ${settingsText(settings)}; tried: ${tried.join('; ')}`);
  }
  if (gflops < SLOW_PRODUCTS) {
    console.error(
      'That is too slow for a comparison: without OpenBLAS (Debian: libopenblas0-pthread) it means nothing.',
    );
  }
  return torch;
}

function report(measured: readonly (Measurement | Peak)[]): string {
  const columns: readonly Column[] = [
    ['µs per update', (each) => each.median_us],
    ['tokens per second', (each) => each.tokens_per_second],
    ['PyTorch', (each) => each.torch_us],
    ['PyTorch / gradus', (each) => each.ratio?.toFixed(2)],
    ['peak MiB', (each) => each.peak_mib],
    ['PyTorch', (each) => each.torch_peak_mib],
  ];
  const shown = columns.filter(([, of]) => measured.some((each) => of(each) !== undefined));
  const rows = measured.map((each) => {
    const values = shown.map(([, of]) => of(each) ?? '');
    const texts = values.map((value) => (typeof value === 'number' ? count(value) : value));
    return [each.case, each.device, String(each.threads), ...texts];
  });
  return table(['case', 'device', 'threads', ...shown.map(([title]) => title)], rows);
}

/** A column of the report, which is there where something has it. */
type Column = readonly [title: string, of: (each: Partial<Measurement & Peak>) => number | string | undefined];

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** A line in the terminal that the next one replaces; nothing where there is no terminal. */
function showStatus(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
