export { loadDecoderFolder, saveDecoderFolder, type DecoderFolderOptions } from './model-folder.ts';
