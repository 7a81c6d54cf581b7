import { CodeError, compile } from './compile.ts';
import type { PlaygroundReport } from './report.ts';
import { valueText } from './value-text.ts';

/** What programs may import, each loaded when one does. */
const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  '@gradus/core': () => import('@gradus/core'),
  '@gradus/envs': () => import('@gradus/envs'),
  '@gradus/tensor': () => import('@gradus/tensor'),
  '@gradus/value-based': () => import('@gradus/value-based'),
  '@gradus/policy-gradient': () => import('@gradus/policy-gradient'),
  '@gradus/actor-critic': () => import('@gradus/actor-critic'),
  '@gradus/policy-search': () => import('@gradus/policy-search'),
};

/** Lines that may be printed, and points that may be drawn: a loop that goes wrong shall not fill the page. */
const MOST = { lines: 1000, points: 20_000 };

addEventListener('message', ({ data }: MessageEvent<string>) => void runProgram(data));

async function runProgram(code: string): Promise<void> {
  const send = (report: PlaygroundReport): void => {
    postMessage(report);
  };
  let [lines, points] = [0, 0];
  try {
    await compile(
      code,
      Object.keys(modules),
    )({
      load: (name) => modules[name](),
      print: (...values) => {
        if (++lines > MOST.lines) throw new Error(`more than ${MOST.lines} lines were printed`);
        send({ kind: 'print', text: values.map(valueText).join(' ') });
      },
      plot: (label, x, y) => {
        if (++points > MOST.points) throw new Error(`more than ${MOST.points} points were drawn`);
        send({ kind: 'plot', label: String(label), x: Number(x), y: Number(y) });
      },
    });
    send({ kind: 'done' });
  } catch (error) {
    const { message, line } = error instanceof CodeError ? error : new CodeError(String(error), undefined);
    send({ kind: 'error', message, line });
  }
}
