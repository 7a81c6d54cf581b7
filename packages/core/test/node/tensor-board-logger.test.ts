import { mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import crc32c from 'crc-32/crc32c.js';
import protobuf from 'protobufjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tensorBoardLogger } from '../../src/node/tensor-board-logger.ts';
import { logTraining, type LoggedTraining } from './logged-training.ts';

/** What TensorFlow's event.proto and summary.proto say of the fields that scalars need. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Summary {
    message Value { string tag = 1; oneof value { float simple_value = 2; } }
    repeated Value value = 1;
  }
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; }
  }
`);
const EventType = root.lookupType('Event');

interface Event {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value: readonly { readonly tag: string; readonly simpleValue: number }[] };
}

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'gradus-')), 'run');
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(join(folder, '..'), { recursive: true });
});

async function eventFile(): Promise<string> {
  const [name, ...others] = await readdir(folder);
  expect(others).toEqual([]);
  return join(folder, name);
}

/** The masked CRC-32C of TFRecord files, by crc-32. */
function maskedChecksum(bytes: Buffer): number {
  const checksum = crc32c.buf(bytes) >>> 0;
  const turned = (BigInt(checksum) >> 15n) | ((BigInt(checksum) << 17n) & 0xffffffffn);
  return Number((turned + 0xa282ead8n) & 0xffffffffn);
}

/** Reads an event file with nothing of this package. */
async function readEvents(path?: string): Promise<Event[]> {
  const bytes = await readFile(path ?? (await eventFile()));
  const events: Event[] = [];
  let start = 0;
  while (start < bytes.length) {
    const length = Number(bytes.readBigUInt64LE(start));
    expect(bytes.readUInt32LE(start + 8)).toBe(maskedChecksum(bytes.subarray(start, start + 8)));
    const data = bytes.subarray(start + 12, start + 12 + length);
    expect(bytes.readUInt32LE(start + 12 + length)).toBe(maskedChecksum(data));
    const event = EventType.toObject(EventType.decode(data), { longs: Number });
    events.push(event as Event);
    start += length + 16;
  }
  expect(start).toBe(bytes.length);
  return events;
}

const scalarsOf = ({ step, summary }: Event): unknown => [
  step,
  Object.fromEntries(summary!.value.map(({ tag, simpleValue }) => [tag, simpleValue])),
];

const logger = (): ReturnType<typeof tensorBoardLogger> => tensorBoardLogger(folder, { interval: 10 });
const training: LoggedTraining = { end: 60, metrics: (step) => ({ 'train/loss': step / 8 }) };

test('an independent reader finds every scalar', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_250);
  await logTraining(logger(), {
    end: 30,
    metrics: (step) => ({ 'train/loss': step / 8, 'µ 価': step === 20 ? NaN : -1e30 }),
    recorded: { 30: { 'eval/mean_return': Infinity } },
  });
  const [version, ...events] = await readEvents();
  expect(version).toMatchObject({ fileVersion: 'brain.Event:2' });
  const rounded = Math.fround(-1e30);
  expect(events.map(scalarsOf)).toEqual([
    [10, { 'train/loss': 1.25, 'µ 価': rounded }],
    [20, { 'train/loss': 2.5, 'µ 価': NaN }],
    [30, { 'train/loss': 3.75, 'µ 価': rounded, 'eval/mean_return': Infinity }],
  ]);
  for (const { wallTime } of [version, ...events]) expect(wallTime).toBe(1_700_000_000.25);
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\../)]);
  expect(await eventFile()).toContain(hostname());
});

test('steps beyond 32 bits, long names and many metrics', async () => {
  const start = 2 ** 45 * 10;
  const names = Array.from({ length: 300 }, (_, i) => `${'x'.repeat(i)}${i}`);
  await logTraining(logger(), {
    start,
    end: start + 10,
    metrics: () => Object.fromEntries(names.map((name, i) => [name, i])),
  });
  const [, event] = await readEvents();
  expect(scalarsOf(event)).toEqual([start + 10, Object.fromEntries(names.map((name, i) => [name, i]))]);
  // Steps are also read back, where a training is resumed.
  await logTraining(logger(), { start: start + 10, end: start + 20, metrics: () => ({}) });
  expect((await readEvents()).map(({ step }) => step).slice(1)).toEqual([start + 10, start + 20]);
});

test('a resumed training goes on in the same file, without the events past its step', async () => {
  await logTraining(logger(), training);
  const path = await eventFile();
  const whole = (await readEvents()).slice(1).map(scalarsOf);
  await logTraining(logger(), { ...training, start: 30 });
  expect(await eventFile()).toBe(path);
  expect((await readEvents()).slice(1).map(scalarsOf)).toEqual(whole);
});

test('an event that was cut off while it was written is dropped', async () => {
  await logTraining(logger(), { ...training, end: 50 });
  const path = await eventFile();
  const before = (await stat(path)).size;
  await logTraining(logger(), { ...training, start: 50 });
  const after = (await stat(path)).size;
  const whole = (await readEvents()).slice(1).map(scalarsOf);
  for (let size = before; size < after; size++) {
    await truncate(path, size);
    await logTraining(logger(), { ...training, start: 50 });
    expect((await readEvents()).slice(1).map(scalarsOf)).toEqual(whole);
  }
});

test('a file that was cut off within its first event begins with one again', async () => {
  await logTraining(logger(), training);
  const [first, ...events] = (await readEvents()).map(({ fileVersion, step }) => fileVersion ?? step);
  for (const size of [0, 10]) {
    await truncate(await eventFile(), size);
    await logTraining(logger(), { ...training, start: 30 });
    const read = (await readEvents()).map(({ fileVersion, step }) => fileVersion ?? step);
    expect(read).toEqual([first, ...events.slice(3)]);
  }
});

test("a new training leaves another's files alone", async () => {
  await mkdir(folder);
  await writeFile(join(folder, 'events.out.tfevents.1.other'), 'theirs');
  await logTraining(logger(), training);
  const names = (await readdir(folder)).sort();
  expect(names).toHaveLength(2);
  const before = await readEvents(join(folder, names[1]));
  await expect(logTraining(logger(), { ...training, end: 20 })).rejects.toThrow(
    `${folder}: expected nothing yet, as the agent is new, found the log of another run`,
  );
  expect((await readdir(folder)).sort()).toEqual(names);
  expect(await readEvents(join(folder, names[1]))).toEqual(before);
});

test('a corrupt file is named and not touched', async () => {
  await logTraining(logger(), training);
  const path = await eventFile();
  const content = await readFile(path);
  content[60]++;
  await writeFile(path, content);
  await expect(logTraining(logger(), { ...training, start: 60, end: 70 })).rejects.toThrow(
    /events\.out\.tfevents.* cannot be read: the record at byte \d+ is corrupt$/,
  );
  expect(await readFile(path)).toEqual(content);
});

test('what is in the way is named', async () => {
  await writeFile(folder, '');
  await expect(logTraining(logger(), training)).rejects.toThrow(`${folder} cannot be opened: EEXIST`);
});
