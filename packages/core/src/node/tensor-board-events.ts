import { crc32c } from '../checkpoints/crc32.ts';
import type { Metrics } from '../training/progress.ts';

/** The event that begins a file. `wallTime`: seconds since 1970. */
export function encodeFileVersion(wallTime: number): Uint8Array {
  return encodeRecord(concat([doubleField(1, wallTime), bytesField(3, utf8('brain.Event:2'))]));
}

/** An event with the scalars of one step. */
export function encodeScalars(wallTime: number, step: number, metrics: Metrics): Uint8Array {
  const values = Object.entries(metrics).map(([tag, value]) =>
    bytesField(1, concat([bytesField(1, utf8(tag)), floatField(2, value)])),
  );
  return encodeRecord(concat([doubleField(1, wallTime), varintField(2, step), bytesField(5, concat(values))]));
}

/** One record of an event file. */
export interface EventRecord {
  /** Where it ends in the file. */
  readonly end: number;
  /** Undefined in an event without one, such as a file's first. */
  readonly step: number | undefined;
  readonly data: Uint8Array;
}

/**
 * The records of a file that the functions above have filled; one that was cut off at its end is left out.
 * Throws `RangeError` for a record that is corrupt.
 */
export function* readRecords(bytes: Uint8Array): Generator<EventRecord, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start + FRAME <= bytes.length;) {
    const length = Number(view.getBigUint64(start, true));
    const end = start + length + FRAME;
    const lengthIsRight = view.getUint32(start + 8, true) === maskedChecksum(bytes.subarray(start, start + 8));
    if (lengthIsRight && end > bytes.length) return;
    const data = bytes.subarray(start + 12, end - 4);
    if (!lengthIsRight || view.getUint32(end - 4, true) !== maskedChecksum(data)) {
      throw new RangeError(`the record at byte ${start} is corrupt`);
    }
    yield { end, step: readStep(data), data };
    start = end;
  }
}

/** A number that a file has of a step. */
export interface EventScalar {
  readonly tag: string;
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly value: number;
}

/**
 * The numbers in an event file, of whoever wrote it, in their order: values of `simple_value`, which is what PyTorch's `SummaryWriter` writes, and tensors of one number, which is what TensorFlow 2 writes. A record that was cut
 * off at the end, as in a file that is being written, is left out.
 * @throws RangeError for a record that is corrupt.
 */
export function readEventScalars(file: Uint8Array): EventScalar[] {
  if (!(file instanceof Uint8Array)) throw new RangeError('readEventScalars: expected the file as a Uint8Array');
  return [...readRecords(file)].flatMap(({ data }) => {
    const fields = fieldsOf(data);
    const wallTime = fields.find(({ number }) => number === 1)?.double ?? 0;
    const step = fields.find(({ number }) => number === 2)?.integer ?? 0;
    const summaries = fields.filter(({ number, bytes }) => number === 5 && bytes !== undefined);
    const values = summaries.flatMap(({ bytes }) => fieldsOf(bytes).filter(({ number }) => number === 1));
    return values.flatMap((value) => {
      const own = fieldsOf(value.bytes);
      const tag = own.find(({ number }) => number === 1)?.bytes;
      const simple = own.find(({ number }) => number === 2)?.float;
      const number = simple ?? tensorNumber(own.find((field) => field.number === 8)?.bytes);
      if (tag === undefined || number === undefined) return [];
      return [{ tag: new TextDecoder().decode(tag), step, wallTime, value: number }];
    });
  });
}

/** Types of a TensorProto's numbers by their codes: the field that lists them, and their bytes in `tensor_content`. */
const tensorTypes: ReadonlyMap<
  number,
  { readonly field: number; readonly read: (view: DataView) => number; readonly bytes: number }
> = new Map([
  [1, { field: 5, bytes: 4, read: (view: DataView) => view.getFloat32(0, true) }],
  [2, { field: 6, bytes: 8, read: (view: DataView) => view.getFloat64(0, true) }],
]);

/** The number in a TensorProto; undefined where there is none, or several, as of a histogram, or where it is no float. */
function tensorNumber(tensor: Uint8Array | undefined): number | undefined {
  if (tensor === undefined) return undefined;
  const fields = fieldsOf(tensor);
  const type = tensorTypes.get(fields.find(({ number }) => number === 1)?.integer ?? 0);
  if (type === undefined) return undefined;
  const { field, bytes: size, read } = type;
  const listed = fields.filter(({ number }) => number === field);
  const packed = [...listed, ...fields.filter(({ number }) => number === 4)].map(({ bytes }) => bytes);
  const [bytes] = packed.filter((each) => each !== undefined);
  if (bytes?.length === size) return read(new DataView(bytes.buffer, bytes.byteOffset, size));
  return listed.length === 1 && bytes === undefined ? (listed[0].float ?? listed[0].double) : undefined;
}

interface Field {
  readonly number: number;
  readonly integer?: number;
  readonly double?: number;
  readonly float?: number;
  readonly bytes?: Uint8Array;
}

/** The fields of a message; what ends before its end is left out. */
function fieldsOf(message: Uint8Array = new Uint8Array()): Field[] {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const integer = (): number => {
    let value = 0;
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++];
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < message.length) {
    const key = integer();
    const [number, wireType] = [Math.floor(key / 8), key % 8];
    if (wireType === VARINT) fields.push({ number, integer: integer() });
    else if (wireType === FIXED_64 && at + 8 <= message.length) {
      fields.push({ number, double: view.getFloat64(at, true) });
      at += 8;
    } else if (wireType === FIXED_32 && at + 4 <= message.length) {
      fields.push({ number, float: view.getFloat32(at, true) });
      at += 4;
    } else if (wireType === BYTES) {
      const length = integer();
      fields.push({ number, bytes: message.subarray(at, at + length) });
      at += length;
    } else break;
  }
  return fields;
}

/** Bytes of a record besides its data. */
const FRAME = 16;

/** TFRecord: the data's length (64 bits), the length's checksum, the data, the data's checksum; little-endian. */
function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + FRAME);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(data.length + 12, maskedChecksum(data), true);
  return record;
}

/** CRC-32C, turned and shifted, as checksums of data that hold checksums are not well spread. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** The field `step` of an event, which follows the 9 bytes of its time. */
function readStep(event: Uint8Array): number | undefined {
  if (event[9] !== fieldKey(2, VARINT)) return undefined;
  let step = 0;
  for (let i = 10, scale = 1; i < event.length; i++, scale *= 128) {
    step += (event[i] & 127) * scale;
    if (event[i] < 128) break;
  }
  return step;
}

// Protocol buffers: a field is a key, number · 8 + wire type, and a value in the form that the wire type says.
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

function fieldKey(number: number, wireType: number): number {
  return number * 8 + wireType;
}

function varintField(number: number, value: number): Uint8Array {
  return Uint8Array.of(fieldKey(number, VARINT), ...varint(value));
}

function doubleField(number: number, value: number): Uint8Array {
  const field = new Uint8Array(9);
  field[0] = fieldKey(number, FIXED_64);
  new DataView(field.buffer).setFloat64(1, value, true);
  return field;
}

function floatField(number: number, value: number): Uint8Array {
  const field = new Uint8Array(5);
  field[0] = fieldKey(number, FIXED_32);
  new DataView(field.buffer).setFloat32(1, value, true);
  return field;
}

function bytesField(number: number, value: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(fieldKey(number, BYTES), ...varint(value.length)), value]);
}

/** A natural number, seven bits a byte, the lowest first, with the top bit set in all bytes but the last. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let next = 0;
  for (const part of parts) {
    whole.set(part, next);
    next += part.length;
  }
  return whole;
}
