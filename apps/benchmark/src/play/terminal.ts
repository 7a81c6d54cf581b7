import { createInterface } from 'node:readline';

/** Where a person plays: lines that he types, and what he is shown. */
export interface Terminal {
  /** The next line, without its end; undefined when there are no more. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly say: (text: string) => void;
}

/** The terminal of this process, or the pipe in its place, whose lines are shown as if they were typed. */
export function openTerminal(): Terminal & { close(): void } {
  const isTyped = process.stdin.isTTY;
  const lines = createInterface({ input: process.stdin });
  const read = lines[Symbol.asyncIterator]();
  return {
    async ask(question) {
      process.stdout.write(question);
      const next = await read.next();
      const line = next.done === true ? undefined : next.value;
      if (!isTyped) process.stdout.write(`${line ?? ''}\n`);
      return line;
    },
    say: (text) => {
      console.log(text);
    },
    close: () => {
      lines.close();
    },
  };
}
