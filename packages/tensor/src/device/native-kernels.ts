import { checkMemory, memoryText } from '../memory.ts';
import { kernelFailure } from './kernel-failure.ts';
import { programVersion, type Block, type Kernels } from './kernels.ts';

/** Blocks start at multiples of this, so that no vector straddles two cache lines. */
const alignment = 64;

/** What kernels/addon.c exports. */
interface Addon {
  readonly version: number;
  readonly instructionSet: string;
  address(buffer: ArrayBuffer): number;
  run(table: number, code: number, words: number, threads: number): number | undefined;
  failure(): [index: number, limit: number];
}

/** The part of Node that loading needs; nothing is imported, so that browsers can load this module. */
interface NodeProcess {
  readonly platform: string;
  readonly arch: string;
  getBuiltinModule?(name: 'node:module'): {
    createRequire(from: string): { (path: string): unknown; resolve(path: string): string };
  };
}

/** Memory of the JavaScript heap: dropping a block is enough to give it back. */
class NativeBlock implements Block {
  readonly address: number;
  readonly bytes: number;
  readonly #float32: Float32Array;
  readonly #int32: Int32Array;

  constructor(addon: Addon, bytes: number) {
    checkMemory('native device: this', bytes);
    let buffer: ArrayBuffer;
    try {
      buffer = new ArrayBuffer(bytes + alignment);
    } catch (error) {
      throw new RangeError(`native device: not enough memory for ${memoryText(bytes)}`, { cause: error });
    }
    const start = addon.address(buffer);
    const padding = (alignment - (start % alignment)) % alignment;
    this.address = start + padding;
    this.bytes = bytes;
    this.#float32 = new Float32Array(buffer, padding, Math.floor(bytes / 4));
    this.#int32 = new Int32Array(buffer, padding, Math.floor(bytes / 4));
  }

  float32(): Float32Array {
    return this.#float32;
  }

  int32(): Int32Array {
    return this.#int32;
  }
}

class NativeKernels implements Kernels {
  readonly name = 'native';
  readonly instructionSet: string;
  readonly pointerBytes = 8;
  readonly #addon: Addon;

  constructor(addon: Addon) {
    this.#addon = addon;
    this.instructionSet = addon.instructionSet;
  }

  allocate(bytes: number): Block {
    return new NativeBlock(this.#addon, bytes);
  }

  free(): void {
    // The garbage collector does it.
  }

  run(table: Block, code: Block, words: number, threads: number): void {
    const failed = this.#addon.run(table.address, code.address, words, threads);
    if (failed !== undefined) throw kernelFailure(failed, ...this.#addon.failure());
  }
}

/** Why the native kernels cannot be used here. */
export interface Unavailable {
  readonly reason: string;
}

let loaded: Kernels | Unavailable | undefined;

/**
 * The native kernels: those of the package `@gradus/tensor-<platform>-<arch>` when it is installed, else those that
 * `gradus-tensor-build` has made in this package's folder `native`; or the reason why there are none.
 */
export function loadNative(): Kernels | Unavailable {
  loaded ??= load();
  return loaded;
}

function load(): Kernels | Unavailable {
  const { process } = globalThis as { readonly process?: NodeProcess };
  if (process?.getBuiltinModule === undefined) return { reason: 'native kernels need Node.js' };
  const { url } = import.meta as { readonly url: string };
  const platform = `${process.platform}-${process.arch}`;
  const require = process.getBuiltinModule('node:module').createRequire(url);
  const reasons: string[] = [];
  for (const path of [`@gradus/tensor-${platform}`, `../../native/${platform}.node`]) {
    try {
      const addon = require(path) as Addon;
      if (addon.version === programVersion) return new NativeKernels(addon);
      reasons.push(`${path} is of version ${addon.version}, expected ${programVersion}`);
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'MODULE_NOT_FOUND') continue;
      const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
      reasons.push(line ?? '');
    }
  }
  return { reason: whyThereAreNone(platform, reasons, buildScript(require)) };
}

/** The path of the script that builds them; undefined where a bundler has taken this module out of its package. */
function buildScript(require: { resolve(path: string): string }): string | undefined {
  try {
    return require.resolve('../../scripts/build-kernels.mjs');
  } catch {
    return undefined;
  }
}

/**
 * Why there are no native kernels for `platform`, and the command that makes them.
 * @param reasons what was wrong with those that were found
 * @param script the path of the script that builds them, where it is there
 */
export function whyThereAreNone(platform: string, reasons: readonly string[], script: string | undefined): string {
  const why = reasons.length > 0 ? reasons.join('; ') : `none have been built for ${platform}`;
  if (platform.startsWith('win32') || script === undefined) return why;
  const path = script.includes(' ') ? `"${script}"` : script;
  return `${why}; to build them, have a C compiler (cc, or what CC names) and run: node ${path} native`;
}
