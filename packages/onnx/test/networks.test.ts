import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { differences } from './support/compare.ts';
import { networks } from './support/networks.ts';

test.each(Object.entries(networks))('%s: the file computes what the program computes, to 1e-5', async (_, network) => {
  const { make, shapes, fill } = network();
  const found = await differences(ort, make, shapes, fill);
  expect(Object.keys(found)).not.toEqual([]);
  for (const each of Object.values(found)) expect(each).toBeLessThan(1e-5);
});
