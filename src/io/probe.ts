import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { proxyFor } from '../delivery/proxy.ts';
import type { Runtime } from '../runtime.ts';
import { CHECK_HEADER } from './server.ts';

/** How a check went: the answer came from this listener, or why not, in a sentence. */
export type Reached = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Looks from outside in whether a public address leads to this listener. */
export interface Probe {
  /** What the listener answers to a value of the header; undefined where no check with it is under way. */
  readonly answerTo: (value: string) => string | undefined;
  /** One request through the public address. Never rejects; ends at once when `signal` aborts. */
  check(url: URL, signal: AbortSignal): Promise<Reached>;
}

/** Milliseconds that one request may take. */
const TIMEOUT = 8000;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * A check is a GET with a random value in a header that only this process knows, answered with another one: nobody
 * else can give that answer, not even a server that sends back what it gets.
 */
export const openProbe = (runtime: Pick<Runtime, 'env' | 'elapsed'>): Probe => {
  const underWay = new Set<{ readonly asked: Buffer; readonly answer: string }>();
  const answerTo = (value: string): string | undefined => {
    const given = digest(value);
    let found: string | undefined;
    for (const { asked, answer } of underWay) if (timingSafeEqual(asked, given)) found = answer;
    return found;
  };
  const check: Probe['check'] = async (url, signal) => {
    const value = randomBytes(24).toString('hex');
    const one = { asked: digest(value), answer: randomBytes(24).toString('hex') };
    const proxy = proxyFor(url, runtime.env);
    const [{ openEndpoint }, parts] = await Promise.all([
      import('./endpoint.ts'),
      proxy === undefined ? undefined : import('./connect.ts'),
    ]);
    if (signal.aborted) return { ok: false, why: 'the listener ended' };
    // A connection of its own: one that is open already says nothing about the name and the way.
    const endpoint = openEndpoint(url, { timeout: TIMEOUT, elapsed: runtime.elapsed, proxy }, parts);
    const leave = (): void => void endpoint.close();
    signal.addEventListener('abort', leave, { once: true });
    const headers: [string, string][] = [
      [CHECK_HEADER, value],
      ['user-agent', `whapi-hooks/${__VERSION__}`],
      ['cache-control', 'no-store'],
    ];
    underWay.add(one);
    try {
      const outcome = await endpoint.send({ id: 'check', method: 'GET', suffix: '', query: '', headers, body: new Uint8Array() });
      if (outcome.kind === 'failed') return { ok: false, why: outcome.error };
      if (outcome.status === 200 && new TextDecoder().decode(outcome.answer.bytes) === one.answer) return { ok: true };
      return { ok: false, why: `${outcome.status} came back, not from this listener` };
    } finally {
      underWay.delete(one);
      signal.removeEventListener('abort', leave);
      await endpoint.close();
    }
  };
  return { answerTo, check };
};
