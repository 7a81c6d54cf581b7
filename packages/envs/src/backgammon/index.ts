export { backgammon, rolls, type BackgammonGame } from './game.ts';
export { LegalPlays, legalPlays, type CheckerMove } from './legal-plays.ts';
export { decodeMatch, encodeMatch, type CubeAction, type Match, type MatchGame } from './match-file.ts';
export { playText, readPlay } from './notation.ts';
export {
  playGame,
  playGames,
  type GameResult,
  type GamesResult,
  type PlayGamesOptions,
  type PlayedTurn,
} from './play-games.ts';
export { randomPlayer, type BackgammonPlayer, type Turn } from './players.ts';
export { isRace, pipCount, pointsWon, startPosition, turnAround, type Dice, type Position } from './position.ts';
export { positionFromId, positionId } from './position-id.ts';
export { positionText } from './position-text.ts';
export { pubeval, pubevalScore } from './pubeval.ts';
