import { describe, expect, it } from 'vitest';
import { DemoHost } from '../demos/demo-host.ts';
import type { Demo, Snapshot } from '../demos/demo.ts';
import type { Report } from '../demos/messages.ts';

const settings = { seed: 1, chosen: {} };

/** A demo that counts what it was asked to do, and a host whose clock and callbacks the test moves. */
function setUp(learn?: (counts: Counts) => void) {
  const counts: Counts = { learned: 0, played: 0, frozen: 0, disposed: 0, changes: [], weights: [], adjusted: [] };
  const demo: Demo = {
    ended: undefined,
    learn: () => {
      counts.learned++;
      time += 25;
      learn?.(counts);
    },
    play: (isFrozen) => {
      counts.played++;
      counts.frozen += Number(isFrozen);
    },
    snapshot: (): Snapshot => ({
      ...{ step: counts.learned, unit: 'updates', score: undefined, best: undefined, ended: undefined },
      ...{ curves: [], views: [] },
    }),
    usePretrained: (bytes) => void counts.weights.push(...bytes),
    change: (place) => counts.changes.push(place),
    adjust: (chosen) => counts.adjusted.push(chosen),
    dispose: () => counts.disposed++,
  };
  let time = 0;
  const reports: Report[] = [];
  const waiting: { callback: () => void; milliseconds: number }[] = [];
  const host = new DemoHost({
    create: () => Promise.resolve(demo),
    report: (report) => reports.push(report),
    now: () => time,
    later: (callback, milliseconds) => waiting.push({ callback, milliseconds }),
    load: (file) => (file === 'here' ? Promise.resolve(Uint8Array.of(1, 2)) : Promise.reject(new Error(`no ${file}`))),
  });
  /** What was to be done later is done now. */
  const turn = async (): Promise<void> => {
    for (const { callback, milliseconds } of waiting.splice(0)) {
      time += milliseconds;
      callback();
    }
    await host.answer({ kind: 'animate', isAnimated: true });
  };
  return { counts, reports, host, turn, waiting };
}

interface Counts {
  learned: number;
  played: number;
  frozen: number;
  disposed: number;
  readonly changes: number[];
  readonly weights: number[];
  readonly adjusted: unknown[];
}

describe('DemoHost', () => {
  it('says in words that nothing was created', async () => {
    const { host, reports } = setUp();
    await host.answer({ kind: 'step' });
    expect(reports).toEqual([{ kind: 'error', message: "demo: nothing was created before 'step'" }]);
  });

  it('does nothing until it is asked to', async () => {
    const { host, counts, waiting } = setUp();
    await host.answer({ kind: 'create', name: 'grid', settings });
    expect({ ...counts, waiting: waiting.length }).toMatchObject({ learned: 0, played: 0, waiting: 0 });
  });

  it('learns for as long as its budget of time at full speed, and pauses', async () => {
    const { host, counts, turn } = setUp();
    await host.answer({ kind: 'create', name: 'grid', settings });
    await host.answer({ kind: 'run', isRunning: true });
    await turn();
    expect(counts.learned).toBe(3); // of 25 ms each, until 60 are over
    await host.answer({ kind: 'run', isRunning: false });
    await turn();
    expect(counts.learned).toBe(3);
  });

  it('makes one update a second at that speed, and plays meanwhile', async () => {
    const { host, counts, turn } = setUp();
    await host.answer({ kind: 'create', name: 'grid', settings });
    await host.answer({ kind: 'speed', speed: 1 });
    await host.answer({ kind: 'run', isRunning: true });
    // 33 ms each.
    for (let i = 0; i < 40; i++) await turn();
    expect(counts.learned).toBe(1);
    expect(counts.played).toBeGreaterThan(3);
    expect(counts.frozen).toBe(0);
  });

  it('neither learns with a frozen policy, nor moves a picture that shall not', async () => {
    const { host, counts, turn } = setUp();
    await host.answer({ kind: 'create', name: 'grid', settings });
    await host.answer({ kind: 'freeze', isFrozen: true });
    await host.answer({ kind: 'run', isRunning: true });
    for (let i = 0; i < 40; i++) await turn();
    expect(counts.learned).toBe(0);
    expect(counts.frozen).toBe(counts.played);
    const { played } = counts;
    await host.answer({ kind: 'step' });
    expect(counts.played).toBe(played + 1);
  });

  it('steps by one update, and by one step of the picture', async () => {
    const { host, counts } = setUp();
    await host.answer({ kind: 'create', name: 'grid', settings });
    await host.answer({ kind: 'step' });
    await host.answer({ kind: 'step' });
    expect(counts).toMatchObject({ learned: 2, played: 2 });
  });

  it('frees the demo before it makes another', async () => {
    const { host, counts } = setUp();
    await host.answer({ kind: 'create', name: 'grid', settings });
    await host.answer({ kind: 'create', name: 'grid', settings });
    expect(counts.disposed).toBe(1);
  });

  it('fetches weights, hands on changes, and reports what cannot be fetched', async () => {
    const { host, counts, reports } = setUp();
    await host.answer({ kind: 'create', name: 'grid', settings });
    await host.answer({ kind: 'pretrained', file: 'here' });
    await host.answer({ kind: 'change', place: 7 });
    await host.answer({ kind: 'adjust', chosen: { looksAhead: true } });
    expect(counts).toMatchObject({ weights: [1, 2], changes: [7], adjusted: [{ looksAhead: true }] });
    await host.answer({ kind: 'pretrained', file: 'there' });
    expect(reports.at(-1)).toEqual({ kind: 'error', message: 'no there' });
  });

  it('stops at an error of the demo, and says which', async () => {
    const { host, reports, turn, counts } = setUp(() => {
      throw new RangeError('the learning rate is too high');
    });
    await host.answer({ kind: 'create', name: 'grid', settings });
    await host.answer({ kind: 'run', isRunning: true });
    await turn();
    await turn();
    expect(counts.learned).toBe(1);
    expect(reports).toContainEqual({ kind: 'error', message: 'the learning rate is too high' });
  });
});
