/// <reference lib="dom" />
import { evaluate } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { ImportError, importAgent } from '@gradus/stable-baselines3';
import { expect, test } from 'vitest';

/** Has the page's user choose a file, as browsers do. */
function choose(input: HTMLInputElement, file: File): void {
  const chosen = new DataTransfer();
  chosen.items.add(file);
  input.files = chosen.files;
  input.dispatchEvent(new Event('change'));
}

test('a page plays the agent in an archive that its user chooses', async () => {
  const example = await fetch(new URL('../../examples/cart-pole.zip', import.meta.url));
  const archive = new File([await example.arrayBuffer()], 'CartPole-v1.zip');
  const input = document.createElement('input');
  input.type = 'file';
  document.body.append(input);
  const played = new Promise<number>((resolve, reject) => {
    input.addEventListener('change', () => {
      const play = async (): Promise<number> => {
        const bytes = new Uint8Array((await input.files?.[0].arrayBuffer()) ?? new ArrayBuffer(0));
        const env = makeEnv('CartPole-v1');
        const { agent } = await importAgent(bytes, { spaces: env });
        return evaluate(agent, env, { episodes: 3, seed: 1 }).meanReturn;
      };
      play().then(resolve, reject);
    });
  });
  choose(input, archive);
  expect(await played).toBe(500);
});

test('another file is an error in words there, too', async () => {
  await expect(importAgent(new TextEncoder().encode('no archive'))).rejects.toThrow(ImportError);
});
