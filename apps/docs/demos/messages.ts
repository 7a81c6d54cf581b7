import type { DemoName } from './catalog.ts';
import type { ChosenValues, DemoSettings, Snapshot, Speed } from './demo.ts';

/** What a page asks of the worker. */
export type Request =
  | { readonly kind: 'create'; readonly name: DemoName; readonly settings: DemoSettings }
  /** Goes on, or waits. */
  | { readonly kind: 'run'; readonly isRunning: boolean }
  /** One update; of a frozen policy one step of the picture. */
  | { readonly kind: 'step' }
  | { readonly kind: 'speed'; readonly speed: Speed }
  | { readonly kind: 'freeze'; readonly isFrozen: boolean }
  /** Whether the picture moves. */
  | { readonly kind: 'animate'; readonly isAnimated: boolean }
  /** Takes over the weights of that name. */
  | { readonly kind: 'pretrained'; readonly file: string }
  | { readonly kind: 'change'; readonly place: number }
  | { readonly kind: 'adjust'; readonly chosen: ChosenValues };

/** What the worker tells. */
export type Report =
  | {
      readonly kind: 'state';
      readonly snapshot: Snapshot;
      readonly isRunning: boolean;
      /** What the demo draws, where it draws. The page frees it. */
      readonly picture: ImageBitmap | undefined;
    }
  | { readonly kind: 'error'; readonly message: string };
