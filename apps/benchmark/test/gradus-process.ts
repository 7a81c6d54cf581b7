import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The command as it was built. */
const cli = join(import.meta.dirname, '..', 'dist', 'cli.js');

/** A running `gradus`. */
export interface GradusProcess {
  /** What it has printed so far. */
  readonly output: string;
  readonly errors: string;
  kill(signal: NodeJS.Signals): void;
  /** Its exit status when it has ended; null where a signal ended it. */
  readonly status: Promise<number | null>;
}

/** Starts the built command in a process of its own, which is gone after the test. */
export function startGradus(folder: string, ...args: readonly string[]): GradusProcess {
  if (!existsSync(cli)) throw new Error(`${cli} is not there; build first (pnpm build)`);
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.errors += text));
  const status = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await status;
  });
  return {
    get output() {
      return texts.output;
    },
    get errors() {
      return texts.errors;
    },
    kill: (signal) => void child.kill(signal),
    status,
  };
}
