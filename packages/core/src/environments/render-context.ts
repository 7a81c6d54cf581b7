import { checkArguments } from '@gradus/tensor';
import { havingMethods } from '../options/argument-checks.ts';

/**
 * What environments draw themselves with: the part of `CanvasRenderingContext2D` that they need. A browser's context is one, and so is
 * that of `@napi-rs/canvas` in Node.
 */
export interface RenderContext {
  /** A CSS colour, as far as environments use it. */
  fillStyle: string | object;
  strokeStyle: string | object;
  lineWidth: number;
  lineCap: 'butt' | 'round' | 'square';
  lineJoin: 'bevel' | 'miter' | 'round';
  font: string;
  textAlign: 'center' | 'end' | 'left' | 'right' | 'start';
  textBaseline: 'alphabetic' | 'bottom' | 'hanging' | 'ideographic' | 'middle' | 'top';
  save(): void;
  restore(): void;
  translate(x: number, y: number): void;
  rotate(angle: number): void;
  scale(x: number, y: number): void;
  beginPath(): void;
  closePath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  quadraticCurveTo(controlX: number, controlY: number, x: number, y: number): void;
  arc(x: number, y: number, radius: number, startAngle: number, endAngle: number): void;
  ellipse(
    x: number,
    y: number,
    radiusX: number,
    radiusY: number,
    rotation: number,
    startAngle: number,
    endAngle: number,
  ): void;
  roundRect(x: number, y: number, width: number, height: number, radius: number): void;
  clip(): void;
  fill(): void;
  stroke(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
}

/** The pictures of an environment: their size in units of the context (pixels, unless it is scaled), and their natural pace. */
export interface RenderFormat {
  readonly width: number;
  readonly height: number;
  /** Pictures, one for each step, that show the environment at its natural speed. */
  readonly framesPerSecond: number;
}

/** The methods of a {@link RenderContext}. */
const methods = [
  'save',
  'restore',
  'translate',
  'rotate',
  'scale',
  'beginPath',
  'closePath',
  'moveTo',
  'lineTo',
  'quadraticCurveTo',
  'arc',
  'ellipse',
  'roundRect',
  'clip',
  'fill',
  'stroke',
  'fillRect',
  'fillText',
];

const someContext = havingMethods('a context to draw with (as CanvasRenderingContext2D is)', ...methods);

/** Throws `RangeError`, which names what it lacks, for what nothing can be drawn with. */
export function checkRenderContext(context: RenderContext): void {
  checkArguments('render', { context }, { context: someContext });
}
