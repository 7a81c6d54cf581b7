/** The part of WebAssembly that is used here. */
interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

declare const WebAssembly: Engine;

const multiply = [0xfd, 0xe6, 0x01];
const localGet = 0x20;
const nop = 0x01;
const add = [0xfd, 0xe4, 0x01];
const relaxedMultiplyAdd = [0xfd, 0x85, 0x02];

/**
 * Fuses, in place, the multiplications and additions of four floats that the kernels mark (`multiply_add` in kernels/vector.h): `f32x4.mul, local.get c, nop, f32x4.add`
 * becomes `local.get c, f32x4.relaxed_madd` and nops, which take as many bytes. So one module serves both devices, and they differ in nothing but this.
 * @returns how many there were
 */
export function fuseMultiplyAdds(binary: Uint8Array): number {
  const holds = (bytes: readonly number[], at: number): boolean => bytes.every((byte, i) => binary[at + i] === byte);
  let count = 0;
  for (let start = 0; start < binary.length; start++) {
    if (!holds([...multiply, localGet], start)) continue;
    const local = start + multiply.length;
    let end = local + 1;
    while (binary[end] >= 0x80) end++; // all bytes of the local's number but its last
    end++;
    if (!holds([nop, ...add], end)) continue;
    const fused = [...binary.subarray(local, end), ...relaxedMultiplyAdd];
    binary.fill(nop, start, end + 1 + add.length);
    binary.set(fused, start);
    count++;
  }
  return count;
}

/** (a, c) => is any lane of f32x4.relaxed_madd(a, a, c) other than 0? */
// prettier-ignore
const probe = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 7, 1, 0x60, 2, 0x7d, 0x7d, 1, 0x7f, // types: (f32, f32) -> i32
  3, 2, 1, 0, // functions
  7, 5, 1, 1, 0x66, 0, 0, // exports: f
  10, 21, 1, 19, 0,
  localGet, 0, 0xfd, 0x13, localGet, 0, 0xfd, 0x13, localGet, 1, 0xfd, 0x13, // f32x4.splat
  ...relaxedMultiplyAdd, 0xfd, 0x53, 0x0b, // v128.any_true
);

/**
 * Why multiply-adds cannot be fused here, or undefined where they can. Relaxed SIMD leaves it to the machine whether a product is rounded before it is added, so a product
 * is computed of which something remains only if it is not: (1 + 2^-12)^2 - (1 + 2^-11) = 2^-24.
 */
export function whyNotFused(): string | undefined {
  if (!WebAssembly.validate(probe)) return 'WebAssembly has no relaxed SIMD here (Node.js has it from version 22 on)';
  const exports = new WebAssembly.Instance(new WebAssembly.Module(probe)).exports as {
    f(a: number, c: number): number;
  };
  return exports.f(1 + 2 ** -12, -1 - 2 ** -11) === 0 ? 'this processor does not fuse multiply-adds' : undefined;
}
