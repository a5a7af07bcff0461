/** Exit codes of every command. */
export const EXIT = { ok: 0, wanting: 1, usage: 2, environment: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * A failure that a person can do something about: what happened (and where), what to do next,
 * and the exit code it ends with. Anything else that is thrown is a defect of this program.
 */
export class UserError extends Error {
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, options: { hint?: string; exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UserError';
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.usage;
  }
}

/** Called wrongly: exit code 2. */
export const usageError = (message: string, hint?: string): UserError =>
  new UserError(message, { exitCode: EXIT.usage, ...(hint === undefined ? {} : { hint }) });

/** The environment failed (a port, a file, the network): exit code 3. */
export const environmentError = (message: string, hint?: string, cause?: unknown): UserError =>
  new UserError(message, { exitCode: EXIT.environment, ...(hint === undefined ? {} : { hint }), cause });

/** A sentence with its full stop, where it does not end in a question. */
export const sentence = (text: string): string => (text.endsWith('?') ? text : `${text}.`);

/** Whether it is an error, also one of another realm: tests of Jest run in one of their own, beside Node's modules. */
export const isError = (error: unknown): error is Error =>
  error instanceof Error || Object.prototype.toString.call(error) === '[object Error]';

/** The `code` of a system error (`ENOENT`, `EADDRINUSE`), or undefined. */
export const errorCode = (error: unknown): string | undefined =>
  isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** A system error in a person's words, without its stack. */
export const reason = (error: unknown): string => {
  const known: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is not a folder',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
    ELOOP: 'the links go in a circle',
    EMFILE: 'too many open files',
    EADDRINUSE: 'the port is taken',
    EADDRNOTAVAIL: 'this machine does not have that address',
    ENOTFOUND: 'the host name is not known',
    EAI_AGAIN: 'the host name could not be looked up',
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    EPIPE: 'the reader went away',
  };
  const code = errorCode(error);
  if (code !== undefined && Object.hasOwn(known, code)) return known[code] as string;
  return isError(error) ? (error.message.split('\n')[0] ?? '') : String(error);
};
