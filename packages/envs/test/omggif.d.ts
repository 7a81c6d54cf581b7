declare module 'omggif' {
  export interface GifFrame {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    /** Hundredths of a second. */
    readonly delay: number;
  }
  export class GifReader {
    constructor(bytes: Uint8Array);
    readonly width: number;
    readonly height: number;
    numFrames(): number;
    /** 0 for ever. */
    loopCount(): number | null;
    frameInfo(index: number): GifFrame;
    decodeAndBlitFrameRGBA(index: number, pixels: Uint8Array): void;
  }
}
