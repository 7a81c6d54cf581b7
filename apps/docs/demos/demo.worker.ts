import type { RenderFormat } from '@gradus/core';
import { DemoHost, type Easel } from './demo-host.ts';
import { demos } from './demos.ts';
import type { Report, Request } from './messages.ts';

/** Pixels of a picture for each of its units, so that it is sharp on fine screens. */
const SCALE = 1.5;

const pretrained = import.meta.glob<string>('./pretrained/*.safetensors', {
  query: '?url',
  import: 'default',
  eager: true,
});

const host = new DemoHost({
  create: async (name, settings, load) => (await demos[name]()).create(settings, load),
  report: (report: Report) => {
    const moved = report.kind === 'state' && report.picture ? [report.picture] : [];
    postMessage(report, { transfer: moved });
  },
  now: () => performance.now(),
  later: (callback, milliseconds) => setTimeout(callback, milliseconds),
  easel,
  load: async (file) => {
    const response = await fetch(pretrained[`./pretrained/${file}.safetensors`]);
    if (!response.ok) throw new Error(`the weights ${file} could not be loaded: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
});

addEventListener('message', ({ data }: MessageEvent<Request>) => void host.answer(data));

function easel({ width, height }: RenderFormat): Easel {
  const canvas = new OffscreenCanvas(Math.round(width * SCALE), Math.round(height * SCALE));
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser draws nothing in workers');
  return (draw) => {
    context.save();
    context.scale(SCALE, SCALE);
    draw(context);
    context.restore();
    return canvas.transferToImageBitmap();
  };
}
