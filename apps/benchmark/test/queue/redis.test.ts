import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../redis-server.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A server that is no Redis; it answers every message with `answer`, or not at all. */
async function startServer(answer?: string): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (answer !== undefined) socket.end(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** `gradus bench` and `gradus worker` with a queue. */
const commands = (queue: string): string[][] => [
  ['bench', 'quick', '--device', 'wasm', '--out', temporaryFolder(), '--queue', queue],
  ['worker', '--queue', queue],
];

describe('a queue without a Redis is said in one line', () => {
  it.each([
    { what: 'nobody listens', open: freePort, message: 'connect ECONNREFUSED' },
    { what: 'another server answers', open: () => startServer('HTTP/1.1 400 Bad Request\r\n\r\n'), message: '"H"' },
    // Waited for once: what opens the queue is the same in both.
    { what: 'nothing is answered', open: () => startServer(), message: 'nothing came within 5 s', tries: 1 },
  ])('where $what', async ({ open, message, tries }) => {
    const port = await open();
    for (const command of commands(`redis://user:secret@127.0.0.1:${port}`).slice(0, tries)) {
      const { status, errors } = await runCommand(...command);
      expect(status).toBe(1);
      expect(errors).toMatch(/^error: .*\n$/);
      expect(errors).toContain(`--queue: no Redis answers at 127.0.0.1:${port}: `);
      expect(errors).toContain(message);
      expect(errors).not.toContain('secret');
    }
  });

  it.each([
    { url: 'somewhere', message: "got 'somewhere'" },
    { url: 'localhost:6379', message: 'got one that starts with localhost:' },
    { url: 'https://user:secret@localhost', message: 'got one that starts with https:' },
  ])('where the URL is $url', async ({ url, message }) => {
    for (const command of commands(url)) {
      const { status, errors } = await runCommand(...command);
      expect(status).toBe(1);
      expect(errors).toBe(`error: --queue: expected a URL such as redis://localhost:6379, ${message}\n`);
    }
  });
});
