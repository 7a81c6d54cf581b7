import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../python/torch_micro.py', import.meta.url));

/** What the script says when it has started. */
export interface TorchInfo {
  /** Version of PyTorch. */
  readonly torch: string;
  /** Speed of a product of two 256 × 256 matrices. */
  readonly gflops: number;
  /** The largest error of products of matrices, relative to what rounding may do; null where they are not numbers. */
  readonly error: number | null;
}

/** Environment variables that PyTorch runs under, besides those that are set; undefined: not set. */
export type TorchSettings = Readonly<Record<string, string | undefined>>;

/** PyTorch in a process of its own, which times cases when asked to and sleeps in between. */
export class TorchProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly answers: AsyncIterator<string>;

  /** Libraries below PyTorch read their numbers of threads when they load, so each number needs a process. */
  constructor(python: string, threads: number, settings: TorchSettings) {
    const limits = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'].map((name) => [
      name,
      String(threads),
    ]);
    const env = { ...process.env, ...settings, ...(Object.fromEntries(limits) as Record<string, string>) };
    this.child = spawn(python, [script, String(threads)], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** To be awaited once, before anything else. */
  async start(): Promise<TorchInfo> {
    return (await this.answer()) as TorchInfo;
  }

  /** Microseconds per step of a case, repeated for `seconds`; a case is warmed up for half of that when it comes first. */
  async measure(name: string, seconds: number): Promise<number> {
    return (await this.repeat(name, seconds)).us;
  }

  /** MiB that the process has held at most, once it has repeated a case for `seconds`. */
  async peakMemory(name: string, seconds: number): Promise<number> {
    return (await this.repeat(name, seconds)).peak_mib;
  }

  private async repeat(name: string, seconds: number): Promise<{ readonly us: number; readonly peak_mib: number }> {
    this.child.stdin.write(`${JSON.stringify({ case: name, seconds })}\n`);
    return (await this.answer()) as { us: number; peak_mib: number };
  }

  /** Ends the process. */
  close(): void {
    this.child.stdin.end();
  }

  private async answer(): Promise<unknown> {
    const line = await this.answers.next();
    if (line.done === true) throw new Error(`${script} ended unexpectedly; its error is above`);
    return JSON.parse(line.value);
  }
}
