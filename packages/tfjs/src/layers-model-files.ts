import { valueText } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';

/** A model's files by name. */
export type LayersModelFiles = Readonly<{ 'model.json': string; 'weights.bin': Uint8Array }>;

/**
 * The files of a model as TensorFlow.js keeps them, for a folder that `tf.loadLayersModel('…/model.json')` reads.
 * @throws TypeError for what is no model.
 */
export async function layersModelFiles(model: tf.LayersModel): Promise<LayersModelFiles> {
  if (!(model instanceof tf.LayersModel)) {
    throw new TypeError(`layersModelFiles: expected a tf.LayersModel, got ${valueText(model)}`);
  }
  let saved: tf.io.ModelArtifacts = {};
  const handler = tf.io.withSaveHandler((artifacts) => {
    saved = artifacts;
    return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
  });
  await model.save(handler);
  const { modelTopology, weightSpecs = [], weightData, format, generatedBy } = saved;
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  const buffers = [weightData ?? []].flat();
  return {
    'model.json': `${JSON.stringify({ format, generatedBy, convertedBy: null, modelTopology, weightsManifest })}\n`,
    'weights.bin': new Uint8Array(await new Blob(buffers).arrayBuffer()),
  };
}
