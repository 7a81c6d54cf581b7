import { onBeforeUnmount, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import type { DemoName } from '../demos/catalog.ts';
import type { DemoSettings, Snapshot, Speed } from '../demos/demo.ts';
import type { Report, Request } from '../demos/messages.ts';

/** A demo as a page sees it. */
export interface DemoConnection {
  readonly snapshot: ShallowRef<Snapshot | undefined>;
  readonly isRunning: Ref<boolean>;
  /** What went wrong, if anything. */
  readonly problem: Ref<string | undefined>;
  /** Begins anew, in a worker that is started by this and by nothing else. */
  create(settings: DemoSettings): void;
  /** Does nothing before {@link create}. */
  send(request: Exclude<Request, { kind: 'create' }>): void;
}

/** How the demo learns and is shown; a new worker is told of it. */
export interface Manner {
  readonly speed: Speed;
  readonly isFrozen: boolean;
  readonly isAnimated: boolean;
}

/** Has the demo wait that runs now: one at a time. */
let pauseOther: (() => void) | undefined;

/** Connects a component with a worker of its own, which ends with the component. `show`: draws a picture that came. */
export function useDemo(name: DemoName, manner: () => Manner, show: (picture: ImageBitmap) => void): DemoConnection {
  const snapshot = shallowRef<Snapshot>();
  const isRunning = ref(false);
  const problem = ref<string>();
  let worker: Worker | undefined;

  const pause = (): void => send({ kind: 'run', isRunning: false });

  function hear({ data }: MessageEvent<Report>): void {
    if (data.kind === 'error') {
      problem.value = data.message;
      isRunning.value = false;
      return;
    }
    snapshot.value = data.snapshot;
    isRunning.value = data.isRunning;
    if (data.picture) show(data.picture);
  }

  function begin(): Worker {
    const started = new Worker(new URL('../demos/demo.worker.ts', import.meta.url), { type: 'module' });
    started.onmessage = hear;
    started.onerror = ({ message }) => {
      problem.value = message;
      isRunning.value = false;
    };
    return started;
  }

  function create(settings: DemoSettings): void {
    problem.value = undefined;
    worker ??= begin();
    const { speed, isFrozen, isAnimated } = manner();
    worker.postMessage({ kind: 'create', name, settings } satisfies Request);
    send({ kind: 'speed', speed });
    send({ kind: 'freeze', isFrozen });
    send({ kind: 'animate', isAnimated });
  }

  function send(request: Request): void {
    if (request.kind === 'run' && request.isRunning) {
      if (pauseOther !== pause) pauseOther?.();
      pauseOther = pause;
      // Until the worker says so itself.
      isRunning.value = true;
    }
    worker?.postMessage(request);
  }

  onBeforeUnmount(() => {
    if (pauseOther === pause) pauseOther = undefined;
    worker?.terminate();
    worker = undefined;
  });

  return { snapshot, isRunning, problem, create, send };
}
