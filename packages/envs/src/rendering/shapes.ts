import type { RenderContext, RenderFormat } from '@gradus/core';

/** The colours of all pictures. */
export const colors = {
  paper: '#faf8f3',
  ink: '#33404d',
  shade: '#cfc9bd',
  faint: '#e8e4da',
  white: '#ffffff',
  blue: '#3f72a6',
  orange: '#e1793b',
  yellow: '#efb73e',
  green: '#58a06c',
  red: '#c94f44',
} as const;

/** A point of a picture: x to the right, y down. */
export type Point = readonly [x: number, y: number];

/** Runs `draw` on empty paper and leaves the context as it was. */
export function drawPicture(
  context: RenderContext,
  { width, height }: Pick<RenderFormat, 'width' | 'height'>,
  draw: () => void,
): void {
  context.save();
  context.beginPath();
  context.roundRect(0, 0, width, height, 0);
  context.clip();
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, width, height);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  draw();
  context.restore();
}

/** Runs `draw` with the origin at (x, y), turned clockwise by `angle`. */
export function drawAt(context: RenderContext, [x, y]: Point, angle: number, draw: () => void): void {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  draw();
  context.restore();
}

/** A line through `points`. */
export function drawLine(context: RenderContext, points: readonly Point[], color: string, width: number): void {
  tracePath(context, points);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

/** A filled polygon. */
export function drawPolygon(context: RenderContext, points: readonly Point[], color: string): void {
  tracePath(context, points);
  context.closePath();
  context.fillStyle = color;
  context.fill();
}

/** A filled circle. */
export function drawDisc(context: RenderContext, [x, y]: Point, radius: number, color: string): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
}

/** A circle's line. */
export function drawCircle(context: RenderContext, [x, y]: Point, radius: number, color: string, width: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

/** A filled rectangle with round corners, (x, y) its top left one. */
export function drawBlock(
  context: RenderContext,
  [x, y]: Point,
  [width, height]: Point,
  radius: number,
  color: string,
): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fillStyle = color;
  context.fill();
}

/** Text around (x, y), `size` high. */
export function drawText(context: RenderContext, text: string, [x, y]: Point, size: number, color: string): void {
  context.font = `bold ${size}px sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = color;
  context.fillText(text, x, y);
}

/** A flag whose pole stands on (x, y). */
export function drawFlag(context: RenderContext, [x, y]: Point, height: number, color: string): void {
  const top = y - height;
  const cloth: Point[] = [
    [x, top],
    [x + 0.55 * height, top + 0.2 * height],
    [x, top + 0.4 * height],
  ];
  drawPolygon(context, cloth, color);
  drawLine(
    context,
    [
      [x, y],
      [x, top],
    ],
    colors.ink,
    Math.max(2, height / 16),
  );
}

function tracePath(context: RenderContext, points: readonly Point[]): void {
  context.beginPath();
  points.forEach(([x, y], i) => {
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
}
