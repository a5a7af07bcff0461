import { execFile } from 'node:child_process';
import { environmentError, errorCode, isError, reason, usageError } from '../errors.ts';
import { commandWords } from './words.ts';

/** Milliseconds a probe may take, and bytes of its value. */
const PATIENCE = 5000;
const MOST_BYTES = 1_000_000;

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text.trim());

const fromUrl = async (url: string): Promise<string> => {
  const failed = (why: string, cause?: unknown): never => {
    throw environmentError(`The probe ${url} cannot be read: ${why}.`, undefined, cause);
  };
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), redirect: 'error' });
    if (!answer.ok) return failed(`status ${answer.status}`);
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true }); // a body is bytes
      if (text.length > MOST_BYTES) return failed('it is larger than 1 MB');
    }
    return text.trim();
  } catch (error) {
    if (isError(error) && error.name === 'UserError') throw error;
    if (isError(error) && error.name === 'TimeoutError') return failed(`no answer within ${PATIENCE / 1000} s`, error);
    return failed(reason(isError(error) && error.cause !== undefined ? error.cause : error), error);
  }
};

const fromCommand = (file: string, args: readonly string[], cwd: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { cwd, timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES, encoding: 'utf8', windowsHide: true } as const;
    execFile(file, args, options, (error, stdout) => {
      if (error === null) {
        resolve(stdout.trim());
        return;
      }
      const why =
        errorCode(error) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
          ? 'it says more than 1 MB'
          : error.killed === true
            ? `it takes longer than ${PATIENCE / 1000} s`
            : typeof error.code === 'number'
              ? `it ended with ${error.code}`
              : reason(error);
      reject(environmentError(`The probe ${file} cannot be read: ${why}.`, undefined, error));
    });
  });

/**
 * Something that shows what the handler did, such as a row count: the body of a GET, or what a command prints. A
 * command is run without a shell.
 * @returns reads the value, without white space around it; throws UserError (3) where it cannot
 * @throws UserError (2) where the text is neither a url nor a command
 */
export const openProbe = (text: string, cwd: string): (() => Promise<string>) => {
  if (isUrl(text)) {
    if (!URL.canParse(text.trim())) throw usageError(`--probe: ${JSON.stringify(text)} is not a url.`);
    return () => fromUrl(text.trim());
  }
  const [file = '', ...args] = commandWords(text, '--probe', 'It is a url, or a command with its arguments; quotes keep words together.');
  return () => fromCommand(file, args, cwd);
};
