/** A message in the wire format of Protocol Buffers, written field by field. */
export class Message {
  private readonly chunks: Uint8Array[] = [];
  /** Bytes so far. */
  length = 0;

  /** An integer, an enumeration's member or a bool; negative ones as two's complement of 64 bits. */
  integer(field: number, value: number): this {
    return this.add([varint(field * 8), varint(value)]);
  }

  /** A text, bytes, or a message within this one. */
  bytes(field: number, value: string | Uint8Array | Message): this {
    const content = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    this.add([varint(field * 8 + 2), varint(content.length)]);
    return this.add(content instanceof Message ? content.chunks : [content]);
  }

  /** @throws RangeError for 2 GiB or more, the format's limit. */
  finish(): Uint8Array {
    if (this.length >= 2 ** 31) {
      throw new RangeError(
        `toOnnx: one file can have 2 GiB, this one would have ${(this.length / 2 ** 30).toFixed(1)}`,
      );
    }
    const file = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      file.set(chunk, at);
      at += chunk.length;
    }
    return file;
  }

  private add(chunks: readonly Uint8Array[]): this {
    for (const chunk of chunks) {
      this.chunks.push(chunk);
      this.length += chunk.length;
    }
    return this;
  }
}

/** Seven bits a byte, the lowest first; the eighth says that more follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...bytes, Number(rest));
}
