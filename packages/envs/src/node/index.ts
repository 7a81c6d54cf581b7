export { GifRecorder, type GifRecorderOptions } from './gif-recorder.ts';
export { loadCanvas } from './load-canvas.ts';
export { renderPng } from './render-png.ts';
