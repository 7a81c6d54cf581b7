export { tensorflow, type TensorflowOptions } from './tensorflow.ts';
export { TensorflowDevice, type BackendName } from './tensorflow-device.ts';
export { fromLayersModel } from './from-layers-model.ts';
export { toLayersModel } from './layers-model.ts';
export { layersModelFiles, type LayersModelFiles } from './layers-model-files.ts';
