import { vi } from 'vitest';
import { runGradus } from '../src/gradus.ts';

/** What a command did. */
export interface CommandRun {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `gradus` with these arguments in this process and catches what it prints. */
export async function runCommand(...args: readonly string[]): Promise<CommandRun> {
  const texts = { output: '', errors: '' };
  const catching = (stream: keyof typeof texts, end: string) => (text: unknown) => {
    texts[stream] += `${String(text)}${end}`;
    return true;
  };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation(catching('output', '\n')),
    vi.spyOn(console, 'error').mockImplementation(catching('errors', '\n')),
    vi.spyOn(process.stdout, 'write').mockImplementation(catching('output', '')),
    vi.spyOn(process.stderr, 'write').mockImplementation(catching('errors', '')),
  ];
  try {
    const status = await runGradus(args);
    return { status, ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
