/** Run as `peak-memory-process.js CASE DEVICE THREADS SECONDS`: repeats a case, and prints the MiB that this process has held at most. */
import { readFileSync } from 'node:fs';
import { openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { measure } from './measure.ts';
import { microCases } from './micro-cases.ts';

const [name, device, threads, seconds] = process.argv.slice(2);
const micro = microCases.find((each) => each.name === name);
if (micro === undefined) throw new RangeError(`expected a case, got '${name}'`);
const { run } = micro.create(await openDevice(device as DeviceChoice, Number(threads)));
await measure(run, Number(seconds));
console.log(peakKib() / 1024);

/** On Linux `maxRSS` begins with what the process held that started this one, `VmHWM` does not. */
function peakKib(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
