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
}

/** glibc is to keep memory that PyTorch frees and wants again in the next step: taking pages from the system anew made small steps a fifth slower. */
const keptMemory = {
  MALLOC_MMAP_THRESHOLD_: '1000000000',
  MALLOC_TRIM_THRESHOLD_: '2000000000',
  MALLOC_TOP_PAD_: '200000000',
};

/** PyTorch in a process of its own, which times cases when asked to and sleeps in between. */
export class TorchProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly answers: AsyncIterator<string>;

  /** Libraries below PyTorch read their numbers of threads when they load, so each number needs a process. */
  constructor(python: string, threads: number) {
    const limits = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'].map((name) => [
      name,
      String(threads),
    ]);
    const env = { ...keptMemory, ...process.env, ...(Object.fromEntries(limits) as Record<string, string>) };
    this.child = spawn(python, [script, String(threads)], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** To be awaited once, before anything else. */
  async start(): Promise<TorchInfo> {
    return (await this.answer()) as TorchInfo;
  }

  /** Microseconds per step of a case, repeated for `seconds`; a case is warmed up for half of that when it comes first. */
  async measure(name: string, seconds: number): Promise<number> {
    this.child.stdin.write(`${JSON.stringify({ case: name, seconds })}\n`);
    return ((await this.answer()) as { us: number }).us;
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
