import { checkArguments } from '../check-options.ts';
import { isDType, type DType } from '../dtype.ts';
import { definePrimitive } from '../primitive.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { asTensor, scalar, scalarValue } from './constant.ts';
import * as code from './opcodes.ts';

/**
 * The same values as another dtype. To int32 towards zero; what lies outside −2³¹ … 2³¹ − 1 becomes the nearer end, and NaN 0. To
 * bool by ≠ 0, so that NaN is true. To float32 to the nearest. Between integers and floats no gradient flows.
 * @param operation begins the error for what is no tensor.
 */
export function cast(x: TensorLike, dtype: DType, operation = 'cast'): Tensor {
  checkArguments(operation, { dtype }, { dtype: isDType });
  const tensor = asTensor(x, dtype, operation);
  if (tensor.dtype === dtype) return tensor;
  if (tensor.op === 'constant') return scalar(scalarValue(tensor), dtype);
  // Read the source under its own shape: casting what is repeated would be wasted work.
  if (tensor.op === 'broadcast') {
    return currentTrace().node('broadcast', [cast(tensor.inputs[0], dtype)], tensor.shape, dtype);
  }
  return currentTrace().node('cast', [tensor], tensor.shape, dtype);
}

definePrimitive('cast', {
  kind: 'map',
  opcode: (node) => {
    const from = node.inputs[0].dtype;
    if (node.dtype === 'float32') return code.MAP_INT_TO_FLOAT;
    if (node.dtype === 'int32') return from === 'float32' ? code.MAP_FLOAT_TO_INT : code.MAP_COPY;
    return from === 'float32' ? code.MAP_FLOAT_TO_BOOL : code.MAP_INT_TO_BOOL;
  },
});

// Made by the compiler where a view has to become contiguous.
definePrimitive('copy', { kind: 'map', opcode: () => code.MAP_COPY });
