import type { RenderContext, RenderFormat } from '@gradus/core';
import type { DemoName } from './catalog.ts';
import type { Demo, DemoSettings, LoadPretrained, Speed } from './demo.ts';
import type { Report, Request } from './messages.ts';

/** Takes a picture of what is drawn. */
export type Easel = (draw: (context: RenderContext) => void) => ImageBitmap;

/** What surrounds a host: a worker's, or a test's. */
export interface Surroundings {
  readonly create: (name: DemoName, settings: DemoSettings, load: LoadPretrained) => Promise<Demo>;
  readonly report: (report: Report) => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls back later, after other messages were heard. */
  readonly later: (callback: () => void, milliseconds: number) => void;
  /** Where nothing can be drawn, pictures are left out. */
  readonly easel?: (format: RenderFormat) => Easel;
  readonly load: LoadPretrained;
}

/** Milliseconds in which a demo learns at full speed before the page hears of it. */
const BUDGET = 60;
/** Milliseconds between two reports at slower speeds, and while a frozen policy plays. */
const FRAME = 33;
/** Steps of the picture that are made up for when a report took long. */
const MOST_FRAMES = 4;

/** Runs one demo: learns and plays in turns, at the speed that is wanted, and reports. Knows time, but nothing of pages. */
export class DemoHost {
  private readonly surroundings: Surroundings;
  private demo: Demo | undefined;
  private easel: Easel | undefined;
  private speed: Speed = 'full';
  private isRunning = false;
  private isFrozen = false;
  private isAnimated = true;
  private isTicking = false;
  private lastUpdate = 0;
  private lastFrame = 0;
  /** Requests are answered one after the other. */
  private queue: Promise<void> = Promise.resolve();

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  /** Answers a request, after those before it; what goes wrong is reported. */
  answer(request: Request): Promise<void> {
    this.queue = this.queue.then(() => this.attempt(() => this.handle(request)));
    return this.queue;
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.isRunning = false;
      const message = error instanceof Error ? error.message : String(error);
      this.surroundings.report({ kind: 'error', message });
    }
  }

  private async handle(request: Request): Promise<void> {
    const { surroundings } = this;
    if (request.kind === 'create') {
      this.demo?.dispose();
      this.demo = await surroundings.create(request.name, request.settings, surroundings.load);
      const { picture } = this.demo;
      this.easel = picture && surroundings.easel?.(picture);
      this.report();
      return;
    }
    const { demo } = this;
    if (demo === undefined) throw new Error(`demo: nothing was created before '${request.kind}'`);
    switch (request.kind) {
      case 'run':
        this.isRunning = request.isRunning;
        this.lastUpdate = this.lastFrame = surroundings.now();
        if (this.isRunning) this.tickSoon(0);
        break;
      case 'step':
        this.isRunning = false;
        if (!this.isLearning) demo.play?.(true);
        else {
          await demo.learn();
          demo.play?.(false);
        }
        break;
      case 'speed':
        this.speed = request.speed;
        break;
      case 'freeze':
        this.isFrozen = request.isFrozen;
        break;
      case 'animate':
        this.isAnimated = request.isAnimated;
        break;
      case 'pretrained':
        await demo.usePretrained?.(await surroundings.load(request.file));
        break;
      case 'change':
        demo.change?.(request.place);
        break;
      case 'adjust':
        demo.adjust?.(request.chosen);
    }
    this.report();
  }

  private get isLearning(): boolean {
    return !this.isFrozen && this.demo?.ended === undefined;
  }

  private tickSoon(milliseconds: number): void {
    if (this.isTicking) return;
    this.isTicking = true;
    this.surroundings.later(() => {
      this.queue = this.queue.then(() =>
        this.attempt(async () => {
          this.isTicking = false;
          if (this.isRunning) await this.tick();
        }),
      );
    }, milliseconds);
  }

  /** A while of learning, a few steps of the picture, a report. */
  private async tick(): Promise<void> {
    const { demo, surroundings, isLearning } = this;
    if (demo === undefined) return;
    if (isLearning) await this.learnAWhile(demo);
    if (this.isAnimated) this.playAWhile(demo);
    // A demo that has nothing to play has nothing to do when it has learned.
    if (!this.isLearning && !demo.play) this.isRunning = false;
    this.report();
    if (!this.isRunning) return;
    const isFull = this.isLearning && this.speed === 'full';
    this.tickSoon(isFull ? 0 : FRAME);
    if (!isLearning) this.lastUpdate = surroundings.now();
  }

  private async learnAWhile(demo: Demo): Promise<void> {
    const { now } = this.surroundings;
    if (this.speed === 'full') {
      const begin = now();
      do await demo.learn();
      while (now() - begin < BUDGET && demo.ended === undefined);
      return;
    }
    const interval = 1000 / this.speed;
    if (now() - this.lastUpdate < interval) return;
    this.lastUpdate = now();
    await demo.learn();
  }

  private playAWhile(demo: Demo): void {
    const interval = 1000 / (demo.picture?.framesPerSecond ?? 4);
    const due = Math.floor((this.surroundings.now() - this.lastFrame) / interval);
    if (due < 1) return;
    this.lastFrame += due * interval;
    const isFrozen = !this.isLearning;
    for (let i = 0; i < Math.min(due, MOST_FRAMES); i++) demo.play?.(isFrozen);
  }

  private report(): void {
    const { demo, easel, isRunning } = this;
    if (demo === undefined) return;
    const picture = easel?.((context) => demo.draw?.(context));
    this.surroundings.report({ kind: 'state', snapshot: demo.snapshot(), isRunning, picture });
  }
}
