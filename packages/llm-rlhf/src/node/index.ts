export { loadDecoderFolder, saveDecoderFolder } from './model-folder.ts';
