import type { Treatment } from '../replay/step.ts';

/** Thrown into a request to cut its connection. */
export class CutOnPurpose extends Error {}

/**
 * A body that does not go out at once: in pieces with pauses, or only its beginning, after which the connection is cut.
 * @param pause resolves after so many milliseconds
 * @param onSent called when the last byte has been handed on
 */
export async function* shapedBody(
  body: Uint8Array,
  { cutAt, slow }: Treatment,
  pause: (ms: number) => Promise<void>,
  onSent: () => void,
): AsyncGenerator<Uint8Array> {
  if (cutAt !== undefined) {
    yield body.subarray(0, cutAt);
    // The bytes leave with this turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    throw new CutOnPurpose('cut on purpose');
  }
  const size = Math.max(1, Math.ceil(body.byteLength / Math.max(1, slow?.pieces ?? 1)));
  for (let at = 0; at < body.byteLength; at += size) {
    if (at > 0) await pause(slow?.every ?? 0);
    yield body.subarray(at, at + size);
  }
  onSent();
}
