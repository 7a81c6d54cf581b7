import { badCalls, type Examples } from '@gradus/bad-calls';
import { makeEnv } from '@gradus/envs';
import * as onnx from '@gradus/onnx';
import { Ppo } from '@gradus/policy-gradient';
import { exp, program } from '@gradus/tensor';
import { expect, test } from 'vitest';

const agent = new Ppo(makeEnv('CartPole-v1'), { seed: 1, hidden: [4] });

const examples: Examples = {
  agentToOnnx: () => [agent],
  toOnnx: () => [(rows: number) => program({ x: [rows] }, ({ x }) => ({ y: exp(x) }))],
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(onnx, examples, { sources: `${import.meta.dirname}/../src` });
  expect(failures).toEqual([]);
});
