// Trains the agents that demos begin with where the reader wants a pretrained one, each as its demo does, and writes their networks into pretrained/. In this folder:
//
//     node --conditions=@gradus/source --import ../../../tooling/scripts/run-typescript.mjs train-pretrained.ts [name of a file …]
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { device, setDefaultDevice } from '@gradus/tensor';
import { catalog, initialChoices, type CatalogEntry, type DemoName } from './catalog.ts';
import type { ChosenValues } from './demo.ts';
import { demos } from './demos.ts';
import { AgentDemo } from './engine/agent-demo.ts';
import { encodeHalf } from './engine/half-precision.ts';
import { keptWeights } from './engine/pretrained-weights.ts';

const wanted = process.argv.slice(2);
// As in the page.
setDefaultDevice(device('wasm'));

for (const [name, entry] of Object.entries(catalog) as [DemoName, CatalogEntry][]) {
  for (const chosen of allChoices(entry)) {
    const file = entry.pretrained?.(chosen);
    if (file === undefined || (wanted.length > 0 && !wanted.includes(file))) continue;
    const demo = await (await demos[name]()).create({ seed: entry.seed, chosen }, nothing);
    if (!(demo instanceof AgentDemo)) continue;
    while (demo.ended === undefined) demo.learn();
    const trained = demo.snapshot().best;
    const bytes = encodeHalf(keptWeights(demo.checkpoint));
    demo.usePretrained(bytes);
    console.log(`${file}: ${trained}, and ${demo.snapshot().score} of ${bytes.length} bytes`);
    await writeFile(new URL(`pretrained/${file}.safetensors`, import.meta.url), bytes);
    demo.dispose();
  }
}

/** Agents learn from nothing. */
function nothing(file: string): never {
  throw new Error(`${file}: expected a demo that needs no weights to begin with`);
}

/** Each value of the selections, all else as at first. */
function allChoices(entry: CatalogEntry): ChosenValues[] {
  let all = [initialChoices(entry)];
  for (const choice of entry.choices) {
    if (choice.kind !== 'select' || choice.name === 'replay') continue;
    all = all.flatMap((chosen) => Object.keys(choice.options).map((value) => ({ ...chosen, [choice.name]: value })));
  }
  return all;
}
