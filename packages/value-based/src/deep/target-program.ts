import { polyakUpdate, program, type Device, type Parameters, type Program } from '@gradus/tensor';

/** w⁻ ← τ w + (1 − τ) w⁻ */
export function targetProgram(
  online: Parameters,
  target: Parameters,
  tau: number,
  device: Device,
): Program<object, object> {
  return program(
    {},
    () => {
      polyakUpdate(online, target, tau);
      return {};
    },
    { device },
  );
}
