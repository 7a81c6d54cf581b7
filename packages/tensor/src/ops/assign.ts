import { valueText } from '../check-options.ts';
import { shapeText } from '../shape.ts';
import { currentTrace, type Tensor } from '../tensor.ts';
import { isVariable, type Variable } from '../variable.ts';
import { asTensor } from './constant.ts';

/**
 * Sets a variable when the program runs. Operations traced later see the new value, those traced before the old one.
 * @throws TypeError when shape or dtype differ from the variable's.
 */
export function assign(target: Variable, value: Tensor | number): void {
  const trace = currentTrace();
  if (!isVariable(target)) throw new TypeError(`assign: expected a variable, got ${valueText(target)}`);
  const tensor = asTensor(value, target.dtype, 'assign');
  if (tensor.dtype !== target.dtype || tensor.shape.join() !== target.shape.join()) {
    throw new TypeError(
      `assign: variable '${target.name}' is ${target.dtype} ${shapeText(target.shape)}, ` +
        `the value is ${tensor.dtype} ${shapeText(tensor.shape)}`,
    );
  }
  trace.read(target);
  trace.present.set(target, tensor);
}
