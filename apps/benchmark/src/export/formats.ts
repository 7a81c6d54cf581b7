import { actGraph, inspectCheckpoint, type BaseAgent, type Checkpoint } from '@gradus/core';
import { agentToOnnx } from '@gradus/onnx';
import { asTensor, encodeSafetensors, module, type Graph, type StoredTensor } from '@gradus/tensor';
import type { LayersModelFiles } from '@gradus/tfjs';
import { messageOf, UserError } from '../user-error.ts';
import { layersOfGraph } from './layers-of-graph.ts';
import { policyModule } from './policy-module.ts';

/** A saved agent that is written in another format. */
interface Exported {
  readonly agent: Pick<BaseAgent, 'acting' | 'algorithm'>;
  readonly checkpoint: Checkpoint;
  /** What it is, in words. */
  readonly title: string;
}

/** A format: how its file is called, and its files by name, of which the first has that name. */
export interface ExportFormat {
  /** What a name ends with; of folders nothing does. */
  readonly ending: string;
  /** What is written, for the help. */
  readonly what: string;
  /** The file, or those of a folder by name. */
  readonly write: (exported: Exported) => Promise<Uint8Array | string | Readonly<Record<string, Uint8Array | string>>>;
}

/** The formats, by name. */
export const exportFormats = {
  js: {
    ending: '.js',
    what: 'an ES module that needs nothing else: import { act } from "./policy.js"',
    write: ({ agent, checkpoint, title }) => {
      const { observationSpace, actionSpace } = inspectCheckpoint(checkpoint).env;
      return Promise.resolve(policyModule({ graph: actGraph(agent, 1), observationSpace, actionSpace, title }));
    },
  },
  onnx: {
    ending: '.onnx',
    what: 'how it acts, with normalizer and bounds inside',
    write: ({ agent }) => Promise.resolve(agentToOnnx(agent)),
  },
  safetensors: {
    ending: '.safetensors',
    what: 'the weights by name',
    write: ({ checkpoint }) => Promise.resolve(encodeSafetensors(networkWeights(checkpoint))),
  },
  tfjs: {
    ending: '',
    what: 'a folder with a tf.LayersModel of the network alone, up to logits, values or means',
    write: ({ agent }) => layersModel(actGraph(agent, 1)),
  },
} satisfies Readonly<Record<string, ExportFormat>>;

/** Weights and what observations are normalized by, not the states of optimizers; names begin with the part where there are several. */
function networkWeights(checkpoint: Checkpoint): Record<string, StoredTensor> {
  const { parameters, env, learned } = inspectCheckpoint(checkpoint);
  const networks = Object.entries(parameters).filter(([part]) => !/optimizer/i.test(part));
  const weights = networks.flatMap(([part, tensors]) =>
    Object.entries(tensors).map(
      ([name, tensor]) => [networks.length === 1 ? name : `${part}.${name}`, tensor] as const,
    ),
  );
  const tensor = (values: ArrayLike<number>): StoredTensor => {
    return { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) };
  };
  const tables = Object.entries(learned).map(([name, values]) => [name, tensor(Array.from(values, Number))] as const);
  const normalizers = (env.statistics.observation ?? []).flatMap(({ mean, variance }) => [
    ['observation.mean', tensor(mean)] as const,
    ['observation.variance', tensor(variance)] as const,
  ]);
  return Object.fromEntries([...weights, ...tables, ...normalizers]);
}

async function layersModel(graph: Graph): Promise<LayersModelFiles> {
  const layers = layersOfGraph(graph);
  const size = layers[0].kind === 'linear' ? layers[0].weight.shape[0] : 0;
  const { layersModelFiles, tensorflow, toLayersModel } = await loadTensorflow();
  await tensorflow({ backend: 'cpu' }); // started by itself it advertises tfjs-node
  return layersModelFiles(
    toLayersModel(
      module({}, (x) => asTensor(x), layers),
      [size],
    ),
  );
}

async function loadTensorflow(): Promise<typeof import('@gradus/tfjs')> {
  try {
    return await import('@gradus/tfjs');
  } catch (error) {
    throw new UserError(`--format tfjs needs @tensorflow/tfjs to be installed: ${messageOf(error)}`);
  }
}
