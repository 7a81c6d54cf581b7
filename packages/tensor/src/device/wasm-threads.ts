/** Memory that several instances of the module use. */
export interface SharedMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What a worker is told: the module, its memory, and where its own stack ends and its scratch begins. */
interface Task {
  readonly module: object;
  readonly memory: SharedMemory;
  readonly stack: number;
  readonly scratch: number;
}

declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => SharedMemory;
};

/** What a worker does. The stack is that of the module's own instance until it is set. */
const serve = `function serve({ module, memory, stack, scratch }) {
  const { exports } = new WebAssembly.Instance(module, { gradus: { memory } });
  exports.__stack_pointer.value = stack;
  exports.serve(scratch);
}`;

interface NodeWorker {
  unref(): void;
}

interface WebWorker {
  postMessage(task: Task): void;
}

/** The parts of Node and of browsers that are used; nothing is imported, so that both can load this module. */
interface Globals {
  readonly process?: {
    getBuiltinModule?(name: 'node:worker_threads'): {
      readonly Worker: new (code: string, options: object) => NodeWorker;
    };
  };
  readonly crossOriginIsolated?: boolean;
  readonly SharedArrayBuffer?: unknown;
  readonly Worker?: new (url: string) => WebWorker;
  readonly Blob?: new (parts: readonly string[], options: { readonly type: string }) => object;
  readonly URL?: { createObjectURL(blob: object): string };
}

function globals(): Globals {
  return globalThis as unknown as Globals;
}

/** Whether memory can be shared with workers here: in Node, and in pages that are cross-origin isolated. */
export function canShareMemory(): boolean {
  const { process, crossOriginIsolated, SharedArrayBuffer, Worker } = globals();
  if (SharedArrayBuffer === undefined) return false;
  return process?.getBuiltinModule !== undefined || (crossOriginIsolated === true && Worker !== undefined);
}

const sectionOf = { types: 1, memory: 5 };

/** The unsigned LEB128 number at `at`, and where it ends. */
function numberAt(bytes: ArrayLike<number>, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end: at };
  }
}

/** The module `binary` with its memory imported as `gradus.memory` and shared, and such a memory. */
export function withSharedMemory(binary: Uint8Array): { readonly module: Uint8Array; readonly memory: SharedMemory } {
  const out = [binary.subarray(0, 8)];
  let limits: readonly number[] = [];
  let next = 8;
  for (let start = next; start < binary.length; start = next) {
    const { value, end } = numberAt(binary, start + 1);
    next = end + value;
    if (binary[start] === sectionOf.memory)
      limits = [...binary.subarray(end + 2, next)]; // behind: one memory, with a maximum
    else out.push(binary.subarray(start, next));
  }
  const name = (text: string): number[] => [text.length, ...Array.from(text, (letter) => letter.charCodeAt(0))];
  const imports = [1, ...name('gradus'), ...name('memory'), 2, 3, ...limits]; // one import: a memory, shared, with a maximum
  out.splice(1 + sectionOf.types, 0, Uint8Array.of(2, imports.length, ...imports)); // types come first
  const initial = numberAt(limits, 0);
  const maximum = numberAt(limits, initial.end).value;
  return {
    module: Uint8Array.from(out.flatMap((part) => [...part])),
    memory: new WebAssembly.Memory({ initial: initial.value, maximum, shared: true }),
  };
}

/** Starts a worker that takes part in what the other instances of `task.module` on `task.memory` compute. It ends with the process or the page. */
export function startWorker(task: Task): void {
  const { process, Worker, Blob, URL } = globals();
  const node = process?.getBuiltinModule?.('node:worker_threads');
  if (node !== undefined) {
    const code = `${serve}\nserve(require('node:worker_threads').workerData);`;
    new node.Worker(code, { eval: true, workerData: task, execArgv: [], stdin: false }).unref();
  } else if (Worker !== undefined && Blob !== undefined && URL !== undefined) {
    const code = `${serve}\nonmessage = ({ data }) => serve(data);`;
    new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))).postMessage(task);
  }
}
