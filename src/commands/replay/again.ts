/** Commands that send one delivery again, as the run sent it and with what the run wanted of it. */
import { type ReplayOptions, TIMEOUT } from './options.ts';
import { shellWord } from './steps.ts';

/** The name of a header that is written `Name: value`, or as its name alone. */
export const nameOf = (header: string): string => header.split(':')[0]?.trim() ?? '';

/** Flags as a shell takes them, each with a space before it. */
export const typed = (flags: readonly string[]): string => flags.map((text) => ` ${shellWord(text) ?? '…'}`).join('');

/**
 * Flags about the handler and the way to it, but for its address and mode. No value of a header is among them, since it
 * may be secret: that of the secret header comes from WHAPI_HOOKS_SECRET then.
 * @param port of the API stand-in, where there is one
 */
export const reachedBy = (options: ReplayOptions, port: number | undefined): readonly string[] => {
  const { settle, probe, header = [], dropHeader = [], secretHeader, timeout, keepAlive, caCert, skipVerify, insecure } = options;
  return [
    ...(port === undefined ? [] : ['--api-port', String(port)]),
    ...(settle === undefined ? [] : ['--settle', `${settle}ms`]),
    ...(probe === undefined ? [] : ['--probe', probe]),
    ...header.flatMap((text) => ['-H', `${nameOf(text)}: …`]),
    ...dropHeader.flatMap((name) => ['--drop-header', name]),
    ...(secretHeader === undefined ? [] : ['--secret-header', nameOf(secretHeader)]),
    ...(timeout === TIMEOUT ? [] : ['--timeout', `${timeout}ms`]),
    ...(keepAlive ? [] : ['--no-keep-alive']),
    ...(caCert === undefined ? [] : ['--ca-cert', caCert]),
    ...(skipVerify === true || insecure === true ? ['--skip-verify'] : []),
  ];
};

/**
 * What stands behind the source of a delivery in the command that sends it again, so that it is judged as it was.
 * @param port of the API stand-in, where there is one
 */
export const behindCommand = (url: URL, options: ReplayOptions, port: number | undefined): string => {
  const { expect = [], expectUnauthorized, forbidEcho, checkIdempotent } = options;
  return typed([
    ...['--to', url.href, ...reachedBy(options, port)],
    ...expect.flatMap((text) => ['--expect', text]),
    ...(expectUnauthorized === true ? ['--expect-unauthorized'] : []),
    ...(forbidEcho === true ? ['--forbid-echo'] : []),
    ...(checkIdempotent === true ? ['--check-idempotent'] : []),
  ]);
};
