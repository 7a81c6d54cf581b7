import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CheckpointFileReader,
  decodeCheckpointFile,
  encodeCheckpointFile,
  loadCheckpoint,
} from '../../src/checkpoints/checkpoint-file.ts';
import type { Checkpoint } from '../../src/checkpoints/checkpoint.ts';
import { CheckpointError } from '../../src/errors.ts';

const checkpoint: Checkpoint = {
  algorithm: 'dqn',
  state: {
    step: 12,
    best: -Infinity,
    replay: { rewards: Float64Array.of(1, 2, NaN), done: Uint8Array.of(1), masks: Uint8Array.of(1).slice(1) },
  },
  files: { 'online.safetensors': Uint8Array.of(1, 2, 3, 4, 5), 'empty.bin': new Uint8Array(0) },
};
const file = encodeCheckpointFile(checkpoint);
const headerEnd = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));

test('comes back exactly, whole and in pieces of any size', () => {
  expect(decodeCheckpointFile(file)).toStrictEqual(checkpoint);
  for (const size of [1, 3, 7, 100, 10_000]) {
    const reader = new CheckpointFileReader();
    for (let i = 0; i < file.length; i += size) reader.read(file.subarray(i, i + size));
    expect(reader.finish()).toStrictEqual(checkpoint);
  }
  const bare: Checkpoint = { algorithm: 'random', state: {}, files: {} };
  expect(decodeCheckpointFile(encodeCheckpointFile(bare))).toStrictEqual(bare);
});

test('is a length, a header that says in plain words what it is, and the files one after the other', () => {
  const header = new TextDecoder().decode(file.subarray(8, headerEnd));
  expect(JSON.parse(header)).toMatchObject({
    format: 'gradus-agent',
    algorithm: 'dqn',
    state: { step: 12 },
    files: { 'state.bin': { bytes: 32 }, 'online.safetensors': { bytes: 5 }, 'empty.bin': { bytes: 0 } },
  });
  expect(headerEnd % 8).toBe(0);
  expect([...file.subarray(headerEnd + 32)]).toEqual([1, 2, 3, 4, 5]);
});

describe('damage is named', () => {
  test('any flipped bit', () => {
    for (let k = 0; k < file.length; k++) {
      const bytes = file.slice();
      bytes[k] ^= 1 << (k % 8);
      let decoded: Checkpoint | undefined;
      try {
        decoded = decodeCheckpointFile(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError);
      }
      // Only white space between the tokens of the header may change unnoticed.
      if (decoded) expect([decoded, k < headerEnd]).toStrictEqual([checkpoint, true]);
    }
  });

  test('any truncation', () => {
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeCheckpointFile(file.subarray(0, length))).toThrow(CheckpointError);
    }
    expect(() => decodeCheckpointFile(file.subarray(0, 20))).toThrow('it ends within the header');
    expect(() => decodeCheckpointFile(file.subarray(0, -1))).toThrow(
      'checkpoint: online.safetensors has 4 bytes, expected 5',
    );
  });

  test('what follows, and what is no checkpoint at all', () => {
    expect(() => decodeCheckpointFile(Uint8Array.of(...file, 0))).toThrow(
      new CheckpointError('checkpoint: expected the file to end, got 1 bytes more'),
    );
    expect(() => decodeCheckpointFile(new TextEncoder().encode('<!doctype html><p></p>'))).toThrow(
      /^there is no saved agent in one file, such as saveCheckpointFile makes: it begins with "<!doctyp"/,
    );
    expect(() => decodeCheckpointFile([1] as unknown as Uint8Array)).toThrow(RangeError);
  });
});

describe('over HTTP', () => {
  let server: Server;
  let base: string;
  let stopped: Promise<unknown>;
  beforeAll(async () => {
    server = createServer(({ url }, response) => {
      if (url === '/missing') response.writeHead(404, 'Not Found').end();
      else if (url === '/page') response.end('<!doctype html>');
      else if (url === '/short') response.end(file.subarray(0, 30));
      else if (url === '/endless') {
        stopped = new Promise((resolve) => response.on('close', resolve));
        const send = (): void => {
          if (!response.destroyed) response.write(file, () => setImmediate(send));
        };
        send();
      } else {
        // In pieces that end anywhere.
        for (let i = 0; i < file.length; i += 101) response.write(file.subarray(i, i + 101));
        response.end();
      }
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((closed) => server.close(closed));
  });

  test('is loaded by its URL', async () => {
    expect(await loadCheckpoint(`${base}/agent`)).toStrictEqual(checkpoint);
    expect(await loadCheckpoint(new URL('/agent', base))).toStrictEqual(checkpoint);
  });

  test('what goes wrong is told with the URL', async () => {
    await expect(loadCheckpoint(`${base}/missing`)).rejects.toThrow(
      new CheckpointError(`${base}/missing cannot be read: the answer is 404 Not Found`),
    );
    await expect(loadCheckpoint(`${base}/page`)).rejects.toThrow(
      /\/page cannot be read: there is no saved agent in one/,
    );
    await expect(loadCheckpoint(`${base}/short`)).rejects.toThrow('it ends within the header');
    await expect(loadCheckpoint('http://127.0.0.1:1/agent')).rejects.toThrow(CheckpointError);
    await expect(loadCheckpoint(7 as unknown as string)).rejects.toThrow(
      new RangeError('loadCheckpoint: expected url to be a URL, got 7'),
    );
  });

  test('a stream that turns out wrong is not read to its end', async () => {
    await expect(loadCheckpoint(`${base}/endless`)).rejects.toThrow('expected the file to end');
    await stopped;
  });
});
