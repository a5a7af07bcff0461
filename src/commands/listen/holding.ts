/** Characters that are held at most: a flood must not fill the memory. */
const MOST_HELD = 50_000_000;

/** Lines that wait for the record `ready`. */
export interface Held {
  emit(line: string): void;
  /** `ready` has been written: what was held follows, and nothing is held any more. */
  release(): void;
}

/**
 * Holds records of deliveries until `ready`, which says what their urls are read by, has been written: with a public
 * address it comes some seconds after the listener is up.
 * @param holds whether anything is to be waited for
 */
export const holdUntilReady = (write: (line: string) => void, holds: boolean): Held => {
  let lines: string[] | undefined = holds ? [] : undefined;
  let size = 0;
  const release = (): void => {
    const all = lines ?? [];
    lines = undefined;
    for (const line of all) write(line);
  };
  return {
    emit(line) {
      if (lines === undefined) {
        write(line);
        return;
      }
      lines.push(line);
      size += line.length;
      if (size > MOST_HELD) release();
    },
    release,
  };
};
