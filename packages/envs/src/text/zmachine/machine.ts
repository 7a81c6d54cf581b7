import { readDictionary, type Dictionary } from './dictionary.ts';
import type { Ending } from './ending.ts';
import { ObjectTree } from './object-tree.ts';
import { Screen, SCREEN_HEIGHT, SCREEN_WIDTH, type ScreenState } from './screen.ts';
import { SHOWS_TIME } from './story-file.ts';
import { refuseWrite, StoryError } from './story-error.ts';
import type { StoryRandom, StoryRandomState } from './story-random.ts';
import type { Story } from './story.ts';
import { readWord, writeWord } from './words.ts';
import { zsciiOf } from './zscii.ts';

/** What a story waits for: a line, whose letters and words go into memory, or a key, whose code is the result. */
export interface Waiting {
  readonly kind: 'line' | 'key';
  /** Addresses, 0 for none. */
  readonly letters: number;
  readonly words: number;
  readonly ending: Ending;
}

/** What the instructions `save` and `save_undo` keep. */
export interface SavedGame {
  /** What stories may change. */
  readonly memory: Uint8Array;
  readonly stack: readonly number[];
  readonly frame: number;
  readonly pc: number;
  /** Of the instruction that saved: when the game is restored, it ends once more. */
  readonly ending: Ending;
}

/** Everything that decides what follows. Nothing in it is changed later. */
export interface Snapshot {
  readonly game: SavedGame;
  readonly waiting: Waiting | undefined;
  readonly hasQuit: boolean;
  readonly tables: readonly OutputTable[];
  readonly screenIsOn: boolean;
  readonly screen: ScreenState;
  readonly random: StoryRandomState;
  readonly saved: SavedGame | undefined;
  readonly undo: readonly SavedGame[];
}

/** A table in memory that output goes into: its length in the first word, then its codes. */
export interface OutputTable {
  readonly address: number;
  readonly length: number;
}

/** Numbers that the stack has room for. */
export const STACK_LENGTH = 32_768;
/** What the stack has under the local variables of a call: where to go on, the caller's frame, the variable for the result, and two counts. */
export const FRAME_HEADER = 5;
export const MAX_LOCALS = 15;
const MAX_TABLES = 16;
const MAX_UNDO = 10;
/** Bits of the header's second flags that outlive restarting and restoring: transcribing, and a font of fixed pitch. */
const LASTING_FLAGS = 3;

/**
 * The state of the machine, and what instructions do with it: memory, the stack with its calls, variables, output. `operations` say what instructions do,
 * `run` runs them.
 */
export class Machine {
  readonly story: Story;
  readonly memory: Uint8Array;
  readonly stack: Int32Array = new Int32Array(STACK_LENGTH);
  readonly objects: ObjectTree;
  readonly screen: Screen = new Screen();
  readonly random: StoryRandom;
  /** Operands of the instruction that runs, and how many it has. */
  readonly operands: Int32Array = new Int32Array(8);
  operandCount = 0;
  /** Of the instruction that ran, where it is none that `run` does itself. */
  result = 0;
  /** Of the instruction that runs. */
  ending: Ending = { next: 0, target: -1, branches: false, branchOn: false, branchTo: 0 };
  pc = 0;
  /** Instructions that runs took since a player set this to 0, and fields of tables that they went through. */
  effort = 0;
  /** What `effort` may come to, and how much of that is of the current run. */
  limit = 0;
  budget = 0;
  /** Where the stack's next number goes. */
  top = 0;
  /** Where the local variables of the current call are. */
  frame = 0;
  /** Where the numbers that the current call has pushed begin. */
  floor = 0;
  isRunning = false;
  waiting: Waiting | undefined;
  hasQuit = false;
  /** How often the story has saved, restored, restarted or quit: whatever a command does with the game rather than in it. */
  interventions = 0;
  screenIsOn = true;
  private readonly globals: number;
  private readonly staticBase: number;
  private readonly packedScale: number;
  private readonly hasDefaults: boolean;
  private tables: readonly OutputTable[] = [];
  private saved: SavedGame | undefined;
  private undo: readonly SavedGame[] = [];
  private readonly dictionaries = new Map<number, Dictionary>();

  constructor(story: Story, random: StoryRandom) {
    const { bytes, globals, staticBase, version, packedScale } = story.file;
    this.story = story;
    this.globals = globals;
    this.staticBase = staticBase;
    this.packedScale = packedScale;
    this.hasDefaults = version < 5;
    this.random = random;
    // Addresses of 16 bits always hit something.
    this.memory = new Uint8Array(Math.max(bytes.length, 0x10000));
    this.memory.set(bytes);
    this.objects = new ObjectTree(this.memory, story.file);
    this.start();
  }

  /** Puts everything back to where the story begins; the random stream goes on. */
  start(): void {
    const { bytes, staticBase, initialPc } = this.story.file;
    const flags = this.memory[0x11] & LASTING_FLAGS;
    this.memory.set(bytes.subarray(0, staticBase));
    this.announce(flags);
    this.stack.fill(0, 0, FRAME_HEADER);
    this.frame = this.floor = this.top = FRAME_HEADER;
    this.pc = initialPc;
    this.tables = [];
    this.waiting = undefined;
    this.hasQuit = false;
    this.isRunning = true;
    this.screenIsOn = true;
    this.screen.erase(-1);
  }

  // Variables: 0 is the top of the stack, 1 to 15 are local, the others are words in memory. Local ones that a routine does not have are 0, whatever is put there: the Standard (1.1, §4.2.2) only
  // says that stories must not name them, and what is left of the stack there by other calls is in no snapshot.

  push(value: number): void {
    if (this.top >= STACK_LENGTH) fullStack();
    this.stack[this.top++] = value & 0xffff;
  }

  pop(): number {
    if (this.top <= this.floor) emptyStack();
    return this.stack[--this.top];
  }

  getVariable(variable: number): number {
    if (variable === 0) return this.pop();
    if (variable < 16) return this.hasLocal(variable) ? this.stack[this.frame + variable - 1] : 0;
    return readWord(this.memory, this.globalAddress(variable));
  }

  setVariable(variable: number, value: number): void {
    if (variable === 0) this.push(value);
    else if (variable < 16) {
      if (this.hasLocal(variable)) this.stack[this.frame + variable - 1] = value & 0xffff;
    } else writeWord(this.memory, this.globalAddress(variable), value);
  }

  private hasLocal(variable: number): boolean {
    return this.frame + variable <= this.floor;
  }

  /** As `getVariable`, but what is on the stack stays there: so it is where a variable's number is an operand (Standard 1.1, §6.3.4). */
  peekVariable(variable: number): number {
    if (variable !== 0) return this.getVariable(variable);
    const value = this.pop();
    this.top++;
    return value;
  }

  /** As `setVariable`, but replaces what is on the stack. */
  replaceVariable(variable: number, value: number): void {
    if (variable === 0) this.pop();
    this.setVariable(variable, value);
  }

  globalAddress(variable: number): number {
    return this.globals + 2 * (variable - 16);
  }

  // Memory.

  writeByte(address: number, value: number): void {
    if (address >= this.staticBase) refuseWrite(address);
    if (this.story.isAbbreviation(address)) this.story.varyAbbreviations();
    this.memory[address] = value;
  }

  writeWord(address: number, value: number): void {
    this.writeByte(address, value >> 8);
    this.writeByte(address + 1, value);
  }

  // Calls.

  /** Calls the routine of a packed address with the operands behind the first, of which `given` are. */
  call(routine: number, target: number, given: number): void {
    if (routine === 0) {
      if (target >= 0) this.setVariable(target, 0);
      return;
    }
    const { memory, stack, operands, hasDefaults } = this;
    let address = routine * this.packedScale;
    const locals = memory[address++];
    if (!(locals <= MAX_LOCALS)) throw new StoryError(`a call of address ${address - 1}, where no routine is`);
    const frame = this.top + FRAME_HEADER;
    if (frame + locals > STACK_LENGTH) fullStack();
    stack[frame - 5] = this.pc;
    stack[frame - 4] = this.frame;
    stack[frame - 3] = target;
    stack[frame - 2] = given;
    stack[frame - 1] = locals;
    for (let i = 0; i < locals; i++) {
      if (i < given) stack[frame + i] = operands[i + 1];
      else stack[frame + i] = hasDefaults ? (memory[address + 2 * i] << 8) | memory[address + 2 * i + 1] : 0;
    }
    if (hasDefaults) address += 2 * locals;
    this.frame = frame;
    this.floor = this.top = frame + locals;
    this.pc = address;
  }

  return(value: number): void {
    const { stack, frame } = this;
    if (frame === FRAME_HEADER) throw new StoryError('the story returns from where it began');
    const target = stack[frame - 3];
    this.pc = stack[frame - 5];
    this.top = frame - FRAME_HEADER;
    this.enterFrame(stack[frame - 4]);
    if (target >= 0) this.setVariable(target, value);
  }

  /** How many arguments the current call was given. */
  get argumentCount(): number {
    return this.stack[this.frame - 2];
  }

  /** Where the current call and those around it return to, the innermost first. */
  get callers(): number[] {
    const { stack } = this;
    const addresses: number[] = [];
    for (let frame = this.frame; frame > FRAME_HEADER; frame = stack[frame - 4]) addresses.push(stack[frame - 5]);
    return addresses;
  }

  /** Returns to the call whose frame this is, and from there. */
  throwTo(frame: number, value: number): void {
    while (this.frame > Math.max(frame, FRAME_HEADER)) {
      this.top = this.frame - FRAME_HEADER;
      this.enterFrame(this.stack[this.frame - 4]);
    }
    if (this.frame !== frame) throw new StoryError(`a throw to ${frame}, where no call is`);
    this.return(value);
  }

  /** Does with a result what an instruction's ending says. */
  finish(ending: Ending, result: number): void {
    if (ending.target >= 0) this.setVariable(ending.target, result);
    if (ending.branches && (result !== 0) === ending.branchOn) this.branch(ending);
  }

  branch({ branchTo }: Ending): void {
    if (branchTo === 0 || branchTo === 1) this.return(branchTo);
    else this.pc = branchTo;
  }

  // Output and input.

  print(text: string): void {
    if (this.tables.length > 0) this.printIntoTable(text);
    else if (this.screenIsOn) this.screen.write(text);
  }

  /** Prints into a table from now on, and into nothing else. */
  openTable(address: number): void {
    if (this.tables.length === MAX_TABLES) throw new StoryError(`output goes into more than ${MAX_TABLES} tables`);
    this.tables = [...this.tables, { address, length: 0 }];
  }

  closeTable(): void {
    const table = this.tables.at(-1);
    if (table) this.writeWord(table.address, table.length);
    this.tables = this.tables.slice(0, -1);
  }

  waitFor(kind: Waiting['kind'], letters = 0, words = 0): void {
    this.waiting = { kind, letters, words, ending: this.ending };
    this.isRunning = false;
  }

  /** The dictionary at `address`, the story's own for 0. */
  dictionaryAt(address: number): Dictionary {
    const { story, memory, dictionaries } = this;
    const { dictionary, staticBase, version } = story.file;
    if (address === 0 || address === dictionary) return story.dictionary;
    const known = dictionaries.get(address) ?? readDictionary(memory, address, version);
    if (address >= staticBase) dictionaries.set(address, known);
    return known;
  }

  // Saving and restoring.

  saveGame(): void {
    this.saved = this.currentGame();
  }

  /** Goes on where the game was saved last, where the instruction then ends with 2. Returns false where it never was. */
  restoreGame(): boolean {
    return this.continueWith(this.saved);
  }

  saveUndo(): void {
    this.undo = [...this.undo, this.currentGame()].slice(-MAX_UNDO);
  }

  restoreUndo(): boolean {
    const game = this.undo.at(-1);
    this.undo = this.undo.slice(0, -1);
    return this.continueWith(game);
  }

  snapshot(): Snapshot {
    const { waiting, hasQuit, tables, screenIsOn, saved, undo } = this;
    const ofScreen = this.screen.getState();
    const ofRandom = this.random.getState();
    const game = this.currentGame();
    return { game, waiting, hasQuit, tables, screenIsOn, screen: ofScreen, random: ofRandom, saved, undo };
  }

  restore(snapshot: Snapshot): void {
    const { waiting, hasQuit, tables, screenIsOn, saved, undo } = snapshot;
    this.load(snapshot.game);
    this.waiting = waiting;
    this.hasQuit = hasQuit;
    this.tables = tables;
    this.screenIsOn = screenIsOn;
    this.saved = saved;
    this.undo = undo;
    this.isRunning = !hasQuit && waiting === undefined;
    this.screen.setState(snapshot.screen);
    this.random.setState(snapshot.random);
  }

  private currentGame(): SavedGame {
    // Short arrays are made sooner than typed ones.
    const stack: number[] = [];
    for (let i = 0; i < this.top; i++) stack.push(this.stack[i]);
    return {
      memory: this.memory.slice(0, this.story.file.staticBase),
      stack,
      frame: this.frame,
      pc: this.pc,
      ending: this.ending,
    };
  }

  private load({ memory, stack, frame, pc, ending }: SavedGame): void {
    this.memory.set(memory);
    for (let i = 0; i < stack.length; i++) this.stack[i] = stack[i];
    this.top = stack.length;
    this.pc = pc;
    this.ending = ending;
    this.enterFrame(frame);
  }

  private continueWith(game: SavedGame | undefined): boolean {
    if (!game) return false;
    const flags = this.memory[0x11] & LASTING_FLAGS;
    this.load(game);
    this.announce(flags);
    this.finish(game.ending, 2);
    return true;
  }

  private enterFrame(frame: number): void {
    this.frame = frame;
    this.floor = frame + this.stack[frame - 1];
  }

  private printIntoTable(text: string): void {
    const { address, length } = this.tables[this.tables.length - 1];
    const codes = zsciiOf(this.story.characters, text);
    codes.forEach((code, i) => this.writeByte(address + 2 + length + i, code));
    this.tables = [...this.tables.slice(0, -1), { address, length: length + codes.length }];
  }

  /** Tells the story, in its header, what it is played by. */
  private announce(lastingFlags: number): void {
    const { memory } = this;
    const { version } = this.story.file;
    // A status line there is, a split screen too; or else bold, italic and fixed type. No colours, and no limits of time. Whether a status line shows the time stays as the story has it, in
    // later versions too: Inform's library looks there.
    memory[0x01] = version === 3 ? (memory[0x01] & 0x8f) | 0x20 : (this.story.file.bytes[0x01] & SHOWS_TIME) | 0x1c;
    // No pictures, mouse, colours or sounds.
    memory[0x11] = (memory[0x11] & 0x14) | lastingFlags;
    if (version === 3) return;
    memory[0x1e] = 6; // like an IBM PC
    memory[0x1f] = 'A'.charCodeAt(0);
    memory[0x20] = SCREEN_HEIGHT;
    memory[0x21] = SCREEN_WIDTH;
    if (version >= 5) {
      writeWord(memory, 0x22, SCREEN_WIDTH);
      writeWord(memory, 0x24, SCREEN_HEIGHT);
      writeWord(memory, 0x26, 0x0101);
    }
    writeWord(memory, 0x32, 0x0101); // by this version of the Standard
  }
}

export function fullStack(): never {
  throw new StoryError('the stack is full');
}

export function emptyStack(): never {
  throw new StoryError('a number is taken from an empty stack');
}
