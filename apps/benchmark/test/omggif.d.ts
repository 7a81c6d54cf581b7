declare module 'omggif' {
  export class GifReader {
    constructor(bytes: Uint8Array);
    readonly width: number;
    readonly height: number;
    numFrames(): number;
    /** `delay`: hundredths of a second. */
    frameInfo(index: number): { readonly delay: number };
    /** Draws what the frame changes. */
    decodeAndBlitFrameRGBA(index: number, pixels: Uint8Array): void;
  }
}
