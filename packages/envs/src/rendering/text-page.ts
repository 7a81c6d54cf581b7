import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawPicture } from './shapes.ts';

/** Size and pace of the pictures of a text game: as fast as one can read along. */
export const textPageFormat: RenderFormat = { width: 640, height: 400, framesPerSecond: 1 };

/** What is on the page. */
export interface TextPage {
  readonly look: string;
  readonly inventory: string;
  /** What was answered last. */
  readonly observation: string;
  readonly score: string;
}

const MARGIN = 24;
const LINE = 19;
/** Characters of a line. Those of a monospaced font of 14 pixels are about 8.4 wide. */
const LINE_LENGTH = 70;

/** Writes what surrounds the player, what the player carries, what was answered, and the score. */
export function renderTextPage(context: RenderContext, { look, inventory, observation, score }: TextPage): void {
  const { height } = textPageFormat;
  drawPicture(context, textPageFormat, () => {
    context.font = '14px monospace';
    context.textAlign = 'left';
    context.textBaseline = 'top';
    let y = MARGIN;
    const write = (text: string, color: string): void => {
      context.fillStyle = color;
      for (const line of wrap(text, LINE_LENGTH)) {
        if (y < height - 2 * MARGIN) context.fillText(line, MARGIN, y);
        y += LINE;
      }
      y += LINE;
    };
    write(look, colors.ink);
    write(inventory, colors.blue);
    write(observation, colors.orange);
    context.fillStyle = colors.green;
    context.fillText(score, MARGIN, height - MARGIN - LINE);
  });
}

/** Lines of at most `length` characters, broken between words where that is possible, and where the text breaks. */
export function wrap(text: string, length: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines = [''];
    for (const word of paragraph.split(' ')) {
      const line = lines[lines.length - 1];
      if (line === '') lines[lines.length - 1] = word;
      else if (line.length + 1 + word.length <= length) lines[lines.length - 1] = `${line} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
