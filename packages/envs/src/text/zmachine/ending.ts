/** What an instruction does with its result, besides going on behind itself. */
export interface Ending {
  /** Address of the instruction behind it. */
  readonly next: number;
  /** Variable that the result goes into, −1 for none. */
  readonly target: number;
  readonly branches: boolean;
  /** Whether the branch is taken when the condition holds, or when it does not. */
  readonly branchOn: boolean;
  /** Where a branch leads: an address, or 0 or 1 for a return with that. */
  readonly branchTo: number;
}
