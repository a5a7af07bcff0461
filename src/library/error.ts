/** Why a run could not be begun, or not be brought to its end, as the answer of the engine says it. */
export interface Refusal {
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: 2 | 3;
}

/**
 * `replay` was called wrongly (`exitCode` 2), or something it needs is not to be had: a source, a port, a probe (3).
 * The sentence is that of the command. How a handler answers is never thrown.
 */
export class ReplayError extends Error {
  readonly exitCode: 2 | 3;
  /** What to do about it, where something is known. */
  readonly hint: string | undefined;

  constructor({ message, hint, exitCode }: Refusal) {
    super(message);
    this.name = 'ReplayError';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
