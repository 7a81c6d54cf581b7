export { GifRecorder, type GifRecorderOptions } from './gif-recorder.ts';
export { renderPng } from './render-png.ts';
