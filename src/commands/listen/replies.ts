import type { FailureCause } from '../../delivery/delivery.ts';
import type { WholeAnswer } from '../../io/endpoint.ts';
import type { Reply } from '../../io/server.ts';

/** Headers of the app's answer that describe its body, or say when to come again. */
const HANDED_ON = ['content-type', 'content-encoding', 'location', 'retry-after'] as const;

const sentence = (status: number, text: string): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: new TextEncoder().encode(`${text}\n`),
});

/**
 * With `--ack forward`, what goes back to the sender: the app's own answer, 504 where it was too slow, 503 where too
 * many deliveries wait for it, 502 where it gave no answer otherwise.
 */
export const replyOf = (answer: WholeAnswer | undefined, cause: FailureCause | undefined): Reply => {
  if (answer !== undefined) {
    const headers: Record<string, string | string[]> = {};
    for (const name of HANDED_ON) {
      const value = answer.headers[name];
      if (value !== undefined) headers[name] = value;
    }
    return { status: answer.status, headers, body: answer.body };
  }
  if (cause === 'timeout') return sentence(504, 'The app did not answer in time.');
  if (cause === 'unsent') return sentence(503, 'Too many deliveries wait for the app.');
  return sentence(502, 'The app could not be reached, or gave no answer.');
};
