import { checkOptions, optional } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';
import { backends, isBackend, TensorflowDevice, type BackendName } from './tensorflow-device.ts';

/** Options of {@link tensorflow}. */
export interface TensorflowOptions {
  /** Default: the first of `tensorflow`, `webgpu`, `webgl`, `wasm` and `cpu` that is there and works. */
  readonly backend?: BackendName;
}

/** Optional, so `string`: a literal type would make the compiler look for it. */
const nativePackage = '@tensorflow/tfjs-node' as string;

/** The part of Node that tfjs-node needs repaired; nothing is imported, so that bundlers for browsers do not look for it. */
declare const process: {
  getBuiltinModule?(name: 'node:util'): { isNullOrUndefined?: (value: unknown) => boolean };
};

const devices = new Map<string, TensorflowDevice>();

/**
 * The device that runs programs on TensorFlow.js; the same one for the same backend.
 *
 * `tensorflow` loads `@tensorflow/tfjs-node` if it is installed. `wasm` and `webgpu` are there once their package
 * (`@tensorflow/tfjs-backend-wasm`, `-webgpu`) was imported; `cpu` always, and in browsers `webgl`.
 * @throws Error when the backend that is asked for does not work, with the reason and what to do.
 */
export async function tensorflow(options: TensorflowOptions = {}): Promise<TensorflowDevice> {
  checkOptions('tensorflow', options, { backend: optional(isBackend) });
  const wanted = options.backend;
  for (const backend of wanted === undefined ? backends : [wanted]) {
    const problem = await start(backend);
    if (problem === undefined) return deviceOf(backend);
    if (wanted !== undefined) throw new Error(`TensorFlow.js backend '${backend}' is not available: ${problem}`);
  }
  throw new Error('TensorFlow.js: no backend works here, not even cpu');
}

function deviceOf(backend: BackendName): TensorflowDevice {
  const device = devices.get(backend) ?? new TensorflowDevice(backend);
  devices.set(backend, device);
  return device;
}

/** Makes a backend the active one and computes something on it. @returns what went wrong. */
async function start(backend: BackendName): Promise<string | undefined> {
  const loading = backend === 'tensorflow' ? await loadNative() : undefined;
  if (loading !== undefined) return loading;
  if (tf.findBackendFactory(backend) === null) return `it is not registered; ${advice(backend)}`;
  // The cpu backend of TensorFlow.js advertises tfjs-node at its first operation, unless this is set.
  const production = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  try {
    if (!(await tf.setBackend(backend))) return `it does not start; ${advice(backend)}`;
    tf.tidy(() => tf.add(1, 1).dataSync());
    return undefined;
  } catch (error) {
    return `${messageOf(error)}; ${advice(backend)}`;
  } finally {
    tf.env().set('PROD', production);
  }
}

/** Imports tfjs-node, unless it (or its GPU build) is there already. Its failures have many forms, so any counts. */
async function loadNative(): Promise<string | undefined> {
  if (tf.findBackendFactory('tensorflow') !== null) return undefined;
  if (!tf.env().getBool('IS_NODE')) return 'it exists in Node only';
  try {
    // tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed.
    const util = process.getBuiltinModule?.('node:util');
    if (util !== undefined) util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    await import(nativePackage);
    return undefined;
  } catch (error) {
    return `${messageOf(error)}; ${advice('tensorflow')}`;
  }
}

function advice(backend: BackendName): string {
  switch (backend) {
    case 'tensorflow':
      return (
        'install @tensorflow/tfjs-node with its install script allowed and libtensorflow within its reach ' +
        '(it downloads it), or choose another backend'
      );
    case 'wasm':
    case 'webgpu':
      return `install @tensorflow/tfjs-backend-${backend} and import it before`;
    case 'webgl':
      return 'it needs a browser with WebGL';
    case 'cpu':
      return 'import @tensorflow/tfjs';
  }
}

/** The first line of an error's message. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
