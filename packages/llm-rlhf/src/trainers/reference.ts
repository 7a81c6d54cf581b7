import { objectOf, savedValues, type Stateful } from '@gradus/core';
import * as t from '@gradus/tensor';
import { aDecoder, copyDecoder, type Decoder } from '../model/decoder.ts';

/** A reference that follows the policy (Gorbatovski et al., 2024, TR-DPO): θ_ref ← α θ + (1 − α) θ_ref after every so many updates. */
export interface ReferenceSync {
  /** Updates in DPO, rounds elsewhere. TRL: 512. */
  readonly every: number;
  /** α in (0, 1]. TRL: 0.6. */
  readonly mix: number;
}

/** What a {@link ReferenceSync} must be. */
export const referenceSyncCheck: t.OptionCheck = objectOf('a way to follow the policy (with every and mix)', {
  every: t.positiveInteger,
  mix: { expected: 'a number above 0 and at most 1', accepts: (value) => t.fraction.accepts(value) && value !== 0 },
});

/** π_ref: the decoder that is given, else a copy of the model as it is now, which may follow it. */
export class Reference {
  readonly decoder: Decoder;
  /** What is to be saved: nothing of a decoder that is somebody else's. */
  readonly networks: Readonly<Record<string, t.Parameters>>;
  readonly state: Readonly<Record<string, Stateful>>;
  private readonly sync: ReferenceSync | null;
  private readonly follow: ReturnType<typeof followProgram> | undefined;
  private readonly counts = { updates: 0 };

  /** Throws `RangeError` for what is no decoder, or one of another vocabulary, and for one that is given and shall follow the model. */
  constructor(
    subject: string,
    model: Decoder,
    given: Decoder | undefined,
    sync: ReferenceSync | null,
    device: t.Device,
  ) {
    t.checkArguments(subject, { reference: given }, { reference: t.optional(aDecoder) });
    const { vocabulary } = model.sizes;
    if (given !== undefined && given.sizes.vocabulary !== vocabulary) {
      const got = given.sizes.vocabulary;
      throw new RangeError(`${subject}: expected a reference with ${vocabulary} tokens as the model has, got ${got}`);
    }
    if (given !== undefined && sync !== null) {
      throw new RangeError(
        `${subject}: expected no reference besides referenceSync, which changes its weights, got one`,
      );
    }
    this.decoder = given ?? copyDecoder(model);
    this.networks = given === undefined ? { reference: this.decoder.parameters } : {};
    this.state = sync === null ? {} : { reference: savedValues(this.counts) };
    this.sync = sync;
    if (sync !== null) this.follow = followProgram(model, this.decoder, sync.mix, device);
  }

  /** After an update of the model; whether the reference has changed. */
  updated(): boolean {
    const { sync, follow, counts } = this;
    counts.updates++;
    if (sync === null || follow === undefined || counts.updates % sync.every !== 0) return false;
    follow.run();
    return true;
  }

  dispose(): void {
    this.follow?.dispose();
    for (const parameters of Object.values(this.networks)) t.disposeParameters(parameters);
  }
}

function followProgram(model: Decoder, reference: Decoder, mix: number, device: t.Device) {
  return t.program(
    {},
    () => {
      t.polyakUpdate(model.parameters, reference.parameters, mix);
      return {};
    },
    { device },
  );
}
