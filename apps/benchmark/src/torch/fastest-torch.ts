import { device } from '@gradus/tensor';
import { TorchProcess, type TorchInfo, type TorchSettings } from './torch-process.ts';

/** PyTorch under the settings that make it fastest here. */
export interface FastestTorch extends TorchInfo {
  readonly process: TorchProcess;
  readonly settings: TorchSettings;
  /** What was tried, in words each. */
  readonly tried: readonly string[];
}

/** glibc keeps memory that PyTorch frees and wants again in the next step: taking fresh pages for every large temporary costs more than the arithmetic of many a step. */
const keptMemory: TorchSettings = {
  MALLOC_MMAP_THRESHOLD_: '1000000000',
  MALLOC_TRIM_THRESHOLD_: '2000000000',
  MALLOC_TOP_PAD_: '200000000',
};

/** Small products, large products, and large temporaries. */
const probes = ['dqn_b128_4-120-84-2', 'ddpg_b256_256-256', 'gpt_l4_d128_t128_b16_v512'];
const PROBE_SECONDS = 0.4;
/** Of which the fastest counts: other processes, and memory that is touched for the first time, can only slow it down. */
const PROBE_TIMES = 3;

/** Above this many times what rounding may do, products are wrong: OpenBLAS does what it is told, also on processors that it is not made for. */
const WRONG = 1;

/** As it is; with the kernels that OpenBLAS would choose if no variable named others, and those for AVX-512 where the processor has it; each without and with memory kept. */
export function settingsToTry(hasAvx512: boolean, named: string | undefined): TorchSettings[] {
  const kernels: TorchSettings[] = [
    {},
    ...(named === undefined ? [] : [{ OPENBLAS_CORETYPE: undefined }]),
    ...(hasAvx512 && named !== 'SKYLAKEX' ? [{ OPENBLAS_CORETYPE: 'SKYLAKEX' }] : []),
  ];
  return kernels.flatMap((kernel) => [kernel, { ...keptMemory, ...kernel }]);
}

/** Whether the processor has AVX-512, by what our own kernels found. */
export function hasAvx512(): boolean {
  try {
    return device('native').instructionSet === 'avx512';
  } catch {
    return false;
  }
}

/** Settings in words, such as `OPENBLAS_CORETYPE=SKYLAKEX`. */
export function settingsText(settings: TorchSettings): string {
  const parts = Object.entries(settings).map(
    ([name, value]) => `${name}${value === undefined ? ' not set' : `=${value}`}`,
  );
  return parts.length === 0 ? 'as it is' : parts.join(' ');
}

/**
 * Tries PyTorch under each of `settings`, and starts it under those that need least time (in the geometric mean over three cases) and multiply as float64 does.
 * @throws Error where it multiplies wrongly under all of them.
 */
export async function startFastestTorch(
  python: string,
  threads: number,
  settings: readonly TorchSettings[],
): Promise<FastestTorch> {
  let best: (Omit<FastestTorch, 'tried'> & { readonly time: number }) | undefined;
  const tried: string[] = [];
  for (const each of settings) {
    const process = new TorchProcess(python, threads, each);
    const info = await process.start();
    const isWrong = info.error === null || info.error > WRONG;
    const time = isWrong ? Infinity : await probeTime(process);
    tried.push(`${settingsText(each)}: ${isWrong ? 'products are wrong' : `${time.toFixed(0)} µs`}`);
    if (time >= (best?.time ?? Infinity)) {
      process.close();
      continue;
    }
    best?.process.close();
    best = { ...info, process, settings: each, time };
  }
  if (best !== undefined) return { ...best, tried };
  throw new Error(`PyTorch (${python}) multiplies wrongly under all settings`);
}

/** Microseconds per step, in the geometric mean over the probes. */
async function probeTime(torch: TorchProcess): Promise<number> {
  let logs = 0;
  for (const probe of probes) {
    let fastest = Infinity;
    for (let i = 0; i < PROBE_TIMES; i++) fastest = Math.min(fastest, await torch.measure(probe, PROBE_SECONDS));
    logs += Math.log(fastest);
  }
  return Math.exp(logs / probes.length);
}
