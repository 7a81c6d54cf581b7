import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DeviceChoice } from '../catalog/devices.ts';

/** MiB that a process has held at most, Node's own included, which has made one case and repeated it for `seconds`. */
export async function peakMemory(
  name: string,
  device: DeviceChoice,
  threads: number,
  seconds: number,
): Promise<number> {
  // The sources where the command itself runs from them (`pnpm dev`), which tests do not.
  const runsSources = process.argv.at(1)?.endsWith('cli.ts') === true;
  const file = join(
    import.meta.dirname,
    runsSources ? 'peak-memory-process.ts' : '../../dist/micro/peak-memory-process.js',
  );
  const options = [...(runsSources ? process.execArgv : []), file, name, device, String(threads), String(seconds)];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return Number(stdout);
}
