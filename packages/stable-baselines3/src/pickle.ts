import { PickleReader } from './pickle-reader.ts';
import { PythonName, PythonObject, nameOf, pythonText } from './python.ts';

/** How {@link unpickle} reads. */
export interface UnpickleOptions {
  /** What the bytes are, to begin messages. */
  readonly subject: string;
  /** Where the pickle begins. Default 0. */
  readonly start?: number;
  /** What a persistent id stands for. Default: such ids are an error. */
  readonly persistent?: (id: unknown) => unknown;
}

/**
 * The value of a Python pickle, of any protocol up to 5, as plain data, and where it ends: dicts as `Map`, sets as `Set`, tuples and lists as arrays, `None` as
 * null, whole numbers beyond 2⁵³ as BigInt; names of classes and functions as {@link PythonName}, and what calling them would have made as {@link PythonObject}.
 * Nothing is executed, and memory and time are bounded by the number of bytes. Throws `ImportError` for what is no pickle, or a damaged one.
 */
export function unpickle(
  bytes: Uint8Array,
  { subject, start = 0, persistent }: UnpickleOptions,
): { readonly value: unknown; readonly end: number } {
  const read = new PickleReader(bytes, subject, start);
  const machine = new Machine(read, persistent);
  for (;;) {
    const code = read.unsigned(1);
    if (code === STOP) return { value: machine.pop(), end: read.at };
    const value = values.get(code);
    const action = actions.get(code);
    if (value !== undefined) machine.push(value(read));
    else if (action !== undefined) machine[action]();
    else throw read.damaged(`the unknown operation ${code}`);
  }
}

/** The pickle machine: a stack, marks in it, and a memo. */
class Machine {
  private readonly read: PickleReader;
  private readonly persistent: ((id: unknown) => unknown) | undefined;
  private stack: unknown[] = [];
  /** The stacks below each mark. */
  private readonly below: unknown[][] = [];
  private readonly memo = new Map<number | bigint, unknown>();

  constructor(read: PickleReader, persistent: UnpickleOptions['persistent']) {
    this.read = read;
    this.persistent = persistent;
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    const { top } = this;
    this.stack.pop();
    return top;
  }

  private get top(): unknown {
    if (this.stack.length === 0) throw this.read.damaged('nothing on the stack');
    return this.stack.at(-1);
  }

  drop(): void {
    if (this.stack.length > 0) this.stack.pop();
    else this.sinceMark();
  }

  duplicate(): void {
    this.push(this.top);
  }

  mark(): void {
    this.below.push(this.stack);
    this.stack = [];
  }

  dropSinceMark(): void {
    this.sinceMark();
  }

  /** What was put on the stack since the last mark; both are taken away. */
  private sinceMark(): unknown[] {
    const items = this.stack;
    const before = this.below.pop();
    if (before === undefined) throw this.read.damaged('no mark');
    this.stack = before;
    return items;
  }

  put(): void {
    this.memo.set(this.read.decimal(), this.top);
  }

  put1(): void {
    this.memo.set(this.read.unsigned(1), this.top);
  }

  put4(): void {
    this.memo.set(this.read.unsigned(4), this.top);
  }

  memoize(): void {
    this.memo.set(this.memo.size, this.top);
  }

  get(): void {
    this.recall(this.read.decimal());
  }

  get1(): void {
    this.recall(this.read.unsigned(1));
  }

  get4(): void {
    this.recall(this.read.unsigned(4));
  }

  private recall(index: number | bigint): void {
    if (!this.memo.has(index)) throw this.read.damaged(`nothing remembered as ${index}`);
    this.push(this.memo.get(index));
  }

  list(): void {
    this.push(this.sinceMark());
  }

  append(): void {
    this.appendTo([this.pop()]);
  }

  appends(): void {
    this.appendTo(this.sinceMark());
  }

  private appendTo(items: readonly unknown[]): void {
    const { top } = this;
    const elements: unknown = top instanceof PythonObject ? top.elements : top;
    if (!Array.isArray(elements)) throw this.read.damaged(`elements for ${pythonText(top)}`);
    for (const item of items) elements.push(item);
  }

  tuple1(): void {
    this.tuple(1);
  }

  tuple2(): void {
    this.tuple(2);
  }

  tuple3(): void {
    this.tuple(3);
  }

  private tuple(size: number): void {
    this.push(Array.from({ length: size }, () => this.pop()).reverse());
  }

  dict(): void {
    const items = this.sinceMark();
    this.push(new Map());
    this.setEntries(items);
  }

  setItem(): void {
    const value = this.pop();
    this.setEntries([this.pop(), value]);
  }

  setItems(): void {
    this.setEntries(this.sinceMark());
  }

  private setEntries(items: readonly unknown[]): void {
    const { top } = this;
    const entries = top instanceof PythonObject ? top.entries : top;
    if (!(entries instanceof Map) || items.length % 2 !== 0) throw this.read.damaged(`entries for ${pythonText(top)}`);
    for (let i = 0; i < items.length; i += 2) entries.set(items[i], items[i + 1]);
  }

  addItems(): void {
    const items = this.sinceMark();
    const { top } = this;
    if (!(top instanceof Set)) throw this.read.damaged(`members for ${pythonText(top)}`);
    for (const item of items) top.add(item);
  }

  frozenSet(): void {
    this.push(new Set(this.sinceMark()));
  }

  name(): void {
    this.push(this.nameFromLines());
  }

  private nameFromLines(): PythonName {
    const module = this.read.line();
    return new PythonName(module, this.read.line());
  }

  stackName(): void {
    const name = this.pop();
    const module = this.pop();
    if (typeof module !== 'string' || typeof name !== 'string') throw this.read.damaged('a name that is no text');
    this.push(new PythonName(module, name));
  }

  call(): void {
    const args = this.pop();
    this.note(this.pop(), args);
  }

  callWithNames(): void {
    // Arguments by name are left out: nothing that is read has any.
    this.pop();
    this.call();
  }

  callSinceMark(): void {
    const [callee, ...args] = this.sinceMark();
    this.note(callee, args);
  }

  callNamed(): void {
    const name = this.nameFromLines();
    this.note(name, this.sinceMark());
  }

  private note(callee: unknown, args: unknown): void {
    if (!Array.isArray(args)) throw this.read.damaged(`a call with ${pythonText(args)}`);
    const [target, state] = args as unknown[];
    // cloudpickle gives functions what they close over by a call, of which nothing is kept but that.
    if (target instanceof PythonObject && nameOf(callee)?.endsWith('._function_setstate') === true) {
      target.state = state;
    }
    this.push(new PythonObject(callee, args as unknown[]));
  }

  build(): void {
    const state = this.pop();
    const { top } = this;
    if (!(top instanceof PythonObject)) throw this.read.damaged(`a state for ${pythonText(top)}`);
    top.state = state;
  }

  persist(): void {
    this.standsFor(this.pop());
  }

  persistLine(): void {
    this.standsFor(this.read.line());
  }

  private standsFor(id: unknown): void {
    if (this.persistent === undefined) throw this.read.damaged('a persistent id that nothing stands for');
    this.push(this.persistent(id));
  }

  skip1(): void {
    this.read.unsigned(1);
  }

  skip8(): void {
    this.read.unsigned(8);
  }
}

const STOP = 0x2e;

/** Operations that put a value on the stack, with the names that Python's `pickletools` has. */
const values: ReadonlyMap<number, (read: PickleReader) => unknown> = new Map<number, (read: PickleReader) => unknown>([
  [0x49, (read) => read.decimalOrFlag()], // INT
  [0x4a, (read) => read.int32()], // BININT
  [0x4b, (read) => read.unsigned(1)], // BININT1
  [0x4d, (read) => read.unsigned(2)], // BININT2
  [0x4c, (read) => read.decimal()], // LONG
  [0x8a, (read) => read.long(read.unsigned(1))], // LONG1
  [0x8b, (read) => read.long(read.unsigned(4))], // LONG4
  [0x53, (read) => read.quoted()], // STRING
  [0x54, (read) => read.latin1(read.unsigned(4))], // BINSTRING
  [0x55, (read) => read.latin1(read.unsigned(1))], // SHORT_BINSTRING
  [0x42, (read) => read.blob(read.unsigned(4))], // BINBYTES
  [0x43, (read) => read.blob(read.unsigned(1))], // SHORT_BINBYTES
  [0x8e, (read) => read.blob(read.unsigned(8))], // BINBYTES8
  [0x96, (read) => read.blob(read.unsigned(8))], // BYTEARRAY8
  [0x56, (read) => read.escapedLine()], // UNICODE
  [0x58, (read) => read.text(read.unsigned(4))], // BINUNICODE
  [0x8c, (read) => read.text(read.unsigned(1))], // SHORT_BINUNICODE
  [0x8d, (read) => read.text(read.unsigned(8))], // BINUNICODE8
  [0x46, (read) => read.decimalFloat()], // FLOAT
  [0x47, (read) => read.float()], // BINFLOAT
  [0x4e, () => null], // NONE
  [0x88, () => true], // NEWTRUE
  [0x89, () => false], // NEWFALSE
  [0x5d, () => []], // EMPTY_LIST
  [0x29, () => []], // EMPTY_TUPLE
  [0x7d, () => new Map()], // EMPTY_DICT
  [0x8f, () => new Set()], // EMPTY_SET
]);

/** What of a {@link Machine} is an operation. */
type Action = Exclude<keyof Machine, 'push' | 'pop'>;

/** Operations that change what is there. */
const actions: ReadonlyMap<number, Action> = new Map<number, Action>([
  [0x61, 'append'], // APPEND
  [0x65, 'appends'], // APPENDS
  [0x6c, 'list'], // LIST
  [0x74, 'list'], // TUPLE
  [0x85, 'tuple1'], // TUPLE1
  [0x86, 'tuple2'], // TUPLE2
  [0x87, 'tuple3'], // TUPLE3
  [0x64, 'dict'], // DICT
  [0x73, 'setItem'], // SETITEM
  [0x75, 'setItems'], // SETITEMS
  [0x90, 'addItems'], // ADDITEMS
  [0x91, 'frozenSet'], // FROZENSET
  [0x30, 'drop'], // POP
  [0x32, 'duplicate'], // DUP
  [0x28, 'mark'], // MARK
  [0x31, 'dropSinceMark'], // POP_MARK
  [0x67, 'get'], // GET
  [0x68, 'get1'], // BINGET
  [0x6a, 'get4'], // LONG_BINGET
  [0x70, 'put'], // PUT
  [0x71, 'put1'], // BINPUT
  [0x72, 'put4'], // LONG_BINPUT
  [0x94, 'memoize'], // MEMOIZE
  [0x63, 'name'], // GLOBAL
  [0x93, 'stackName'], // STACK_GLOBAL
  [0x52, 'call'], // REDUCE
  [0x62, 'build'], // BUILD
  [0x69, 'callNamed'], // INST
  [0x6f, 'callSinceMark'], // OBJ
  [0x81, 'call'], // NEWOBJ
  [0x92, 'callWithNames'], // NEWOBJ_EX
  [0x50, 'persistLine'], // PERSID
  [0x51, 'persist'], // BINPERSID
  [0x80, 'skip1'], // PROTO
  [0x95, 'skip8'], // FRAME
]);
