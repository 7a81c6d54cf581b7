import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawBlock, drawLine, drawPicture, drawText, type Point } from './shapes.ts';

/** Size and pace of Blackjack's pictures: 4 steps a second, as in Gymnasium. */
export const blackjackFormat: RenderFormat = { width: 480, height: 400, framesPerSecond: 4 };

/** What is in the picture. */
export interface BlackjackScene {
  /** What the player's cards count. */
  readonly playerTotal: number;
  readonly playerCards: number;
  readonly hasUsableAce: boolean;
  /** 1 is an ace. */
  readonly dealerCard: number;
}

const CARD: Point = [90, 126];
const FELT = '#dfeee3';

/** Draws the dealer's open and hidden card, and the player's cards with what they count. */
export function renderBlackjack(context: RenderContext, scene: BlackjackScene): void {
  const { playerTotal, playerCards, hasUsableAce, dealerCard } = scene;
  const { width, height } = blackjackFormat;
  const middle = width / 2;
  drawPicture(context, blackjackFormat, () => {
    drawBlock(context, [12, 12], [width - 24, height - 24], 24, FELT);
    drawText(context, 'dealer', [70, 100], 17, colors.green);
    drawText(context, 'player', [70, 300], 17, colors.green);

    drawCard(context, [middle - CARD[0] - 6, 40], dealerCard === 1 ? 'A' : String(dealerCard), colors.ink);
    drawBack(context, [middle + 6, 40]);

    const step = Math.min(26, 150 / playerCards);
    const left = middle - (CARD[0] + step * (playerCards - 1)) / 2;
    for (let card = 0; card < playerCards; card++) {
      const isLast = card === playerCards - 1;
      drawCard(context, [left + step * card, 234], isLast ? String(playerTotal) : '', totalColor(playerTotal));
    }
    if (hasUsableAce) drawText(context, 'usable ace', [width - 80, 300], 15, colors.green);
  });
}

function totalColor(total: number): string {
  if (total > 21) return colors.red;
  return total === 21 ? colors.green : colors.blue;
}

function drawCard(context: RenderContext, [x, y]: Point, text: string, color: string): void {
  drawBlock(context, [x - 1.5, y - 1.5], [CARD[0] + 3, CARD[1] + 3], 10, colors.shade);
  drawBlock(context, [x, y], CARD, 9, colors.white);
  drawText(context, text, [x + CARD[0] / 2, y + CARD[1] / 2], 44, color);
}

function drawBack(context: RenderContext, [x, y]: Point): void {
  drawCard(context, [x, y], '', colors.ink);
  drawBlock(context, [x + 7, y + 7], [CARD[0] - 14, CARD[1] - 14], 5, colors.blue);
  for (let i = 0; i < 4; i++) {
    const [top, bottom] = [y + 17, y + CARD[1] - 17];
    const across = x + 18 + 18 * i;
    drawLine(
      context,
      [
        [across, top],
        [across, bottom],
      ],
      '#6a96c2',
      3,
    );
  }
}
