import { ImportError } from './errors.ts';

/** Larger whole numbers than this many bytes are in no file of an agent: states of random generators have 16. */
const LONGEST_NUMBER = 64;

/** Reads what the operations of a pickle have as arguments, one after the other. Throws {@link ImportError} where the bytes end too early. */
export class PickleReader {
  /** The byte that comes next. */
  at: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly subject: string;

  /** `subject`: what the bytes are, to begin messages. */
  constructor(bytes: Uint8Array, subject: string, start: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.subject = subject;
    this.at = start;
  }

  damaged(problem: string): ImportError {
    return new ImportError(`${this.subject}: no pickle, or a damaged one: ${problem} before byte ${this.at}`);
  }

  /** Moves on by `count` bytes, from the position that is returned. */
  private take(count: number): number {
    const start = this.at;
    if (start + count > this.bytes.length) {
      throw this.damaged(`it ends after ${this.bytes.length} bytes, expected ${count} more`);
    }
    this.at += count;
    return start;
  }

  /** An unsigned whole number of so many bytes. */
  unsigned(size: 1 | 2 | 4 | 8): number {
    const at = this.take(size);
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at, true);
    return size === 4 ? this.view.getUint32(at, true) : Number(this.view.getBigUint64(at, true));
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  float(): number {
    return this.view.getFloat64(this.take(8));
  }

  blob(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  text(length: number): string {
    return utf8.decode(this.blob(length));
  }

  latin1(length: number): string {
    // What browsers decode as latin1 is another encoding.
    return Array.from(this.blob(length), (byte) => String.fromCharCode(byte)).join('');
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end === -1) throw this.damaged('a line without an end');
    const line = this.latin1(end - this.at);
    this.at++;
    return line;
  }

  /** The same, in which characters are written by their numbers that are not Latin ones, or end lines. */
  escapedLine(): string {
    const escape = /\\u([\da-f]{4})|\\U([\da-f]{8})/gi;
    return this.line().replace(escape, (_, short?: string, long?: string) => {
      const code = parseInt(short ?? long ?? '', 16);
      if (code > 0x10ffff) throw this.damaged('a character that there is not');
      return String.fromCodePoint(code);
    });
  }

  /** A whole number in two's complement, as a BigInt where a number would not be exact. */
  long(length: number): number | bigint {
    if (length > LONGEST_NUMBER) throw this.damaged(`a number of ${length} bytes`);
    let value = 0n;
    for (const digit of this.blob(length).toReversed()) value = (value << 8n) | BigInt(digit);
    return exact(BigInt.asIntN(8 * length, value));
  }

  /** A whole number in digits. */
  decimal(): number | bigint {
    const line = this.line().replace(/L$/, '');
    if (!/^[+-]?\d{1,150}$/.test(line)) throw this.damaged('a line that is no whole number');
    return exact(BigInt(line));
  }

  /** The same, or one of two spellings of true and false. */
  decimalOrFlag(): number | bigint | boolean {
    const [first, , third] = this.bytes.subarray(this.at, this.at + 3);
    const value = this.decimal();
    return first === 0x30 && third === 0x0a ? value === 1 : value;
  }

  decimalFloat(): number {
    const line = this.line();
    const value = Number(line);
    if (line === '' || Number.isNaN(value)) throw this.damaged('a line that is no number');
    return value;
  }

  quoted(): string {
    const line = this.line();
    if (!/^(['"]).*\1$/.test(line)) throw this.damaged('a line that is no text in quotes');
    return line.slice(1, -1);
  }
}

const utf8 = new TextDecoder();

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
