import { MOST_TEXT } from './packed-text.ts';
import { StoryError } from './story-error.ts';

/** What the screen shows and where writing goes on; not the text of the lower window, which is taken from it as it comes. */
export interface ScreenState {
  readonly rows: readonly string[];
  readonly window: number;
  readonly row: number;
  readonly column: number;
}

/** Characters in a row of the upper window, and rows of the screen, as stories are told. */
export const SCREEN_WIDTH = 80;
export const SCREEN_HEIGHT = 25;

/** The two windows (Standard 1.1, §8): text runs through the lower one, without styles and unbroken; the upper one is a grid. */
export class Screen {
  /** What was written into the lower window since it was taken. */
  text = '';
  /** The one that is written into: 0 is the lower, 1 the upper. */
  window = 0;
  private rows: string[] = [];
  private row = 0;
  private column = 0;

  /** What the lower window has got since the last call. */
  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  /** The upper window, its rows without spaces at their ends. */
  get upper(): string {
    return this.rows.map((row) => row.trimEnd()).join('\n');
  }

  /** Throws `StoryError` where the lower window has got more than a story could tell. */
  write(text: string): void {
    if (this.window === 0) {
      this.text += text;
      if (this.text.length > MOST_TEXT) throw new StoryError(`no end of what is told after ${MOST_TEXT} characters`);
    } else text.split('\n').forEach((line, i) => this.writeLine(line, i > 0));
  }

  split(height: number, clears: boolean): void {
    const rows = clears ? [] : this.rows;
    this.rows = Array.from({ length: Math.min(height, SCREEN_HEIGHT) }, (_, i) => rows[i] ?? '');
    if (this.row >= height) [this.row, this.column] = [0, 0];
  }

  select(window: number): void {
    this.window = window === 0 ? 0 : 1;
    if (this.window === 1) [this.row, this.column] = [0, 0];
  }

  /** Erases window 0 or 1, both for −2, and for −1 both without a split. What was written below stays, since nothing is lost where text runs. */
  erase(window: number): void {
    if (window === 0) return;
    this.rows = window === -1 ? [] : this.rows.map(() => '');
    [this.row, this.column] = [0, 0];
    if (window === -1) this.window = 0;
  }

  /** Spaces from the cursor to the end of its row. */
  eraseLine(): void {
    if (this.window === 1 && this.row < this.rows.length) {
      this.rows[this.row] = this.rows[this.row].slice(0, this.column);
    }
  }

  /** Row and column count from 1. Means nothing in the lower window. */
  setCursor(row: number, column: number): void {
    if (this.window === 0) return;
    this.row = Math.max(0, row - 1);
    this.column = Math.max(0, Math.min(column, SCREEN_WIDTH) - 1);
    // Beyond the window: stories expect that it grows.
    if (this.row >= this.rows.length) this.split(Math.min(row, SCREEN_HEIGHT), false);
  }

  get cursor(): readonly [row: number, column: number] {
    return this.window === 0 ? [SCREEN_HEIGHT, 1] : [this.row + 1, this.column + 1];
  }

  getState(): ScreenState {
    const { rows, window, row, column } = this;
    return { rows: [...rows], window, row, column };
  }

  setState({ rows, window, row, column }: ScreenState): void {
    this.rows = [...rows];
    [this.window, this.row, this.column, this.text] = [window, row, column, ''];
  }

  private writeLine(line: string, isNew: boolean): void {
    if (isNew) [this.row, this.column] = [this.row + 1, 0];
    if (this.row >= this.rows.length) return;
    const row = this.rows[this.row].padEnd(this.column);
    const written = line.slice(0, SCREEN_WIDTH - this.column);
    this.rows[this.row] = row.slice(0, this.column) + written + row.slice(this.column + written.length);
    this.column += written.length;
  }
}
