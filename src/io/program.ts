/** Why there is no tunnel: a word for the program, a sentence and advice for a person. */
export interface Failure {
  readonly cause:
    | 'aborted'
    | 'rate-limit'
    | 'api'
    | 'dns'
    | 'refused'
    | 'network'
    | 'certificate'
    | 'config'
    | 'token'
    | 'flags'
    | 'not-executable'
    | 'architecture'
    | 'not-cloudflared'
    | 'unregistered'
    | 'silent'
    | 'exit';
  readonly message: string;
  readonly hint: string;
}

/** A program that makes a tunnel, while it runs. */
export interface Run {
  /** The urls that may be the public one, the likeliest first; never empty. */
  readonly candidates: readonly URL[];
  /** Why it ended, in a sentence; undefined while it runs. */
  readonly ended: string | undefined;
  /** Why its connection is gone, in a sentence; undefined while there is one. */
  readonly unlinked: string | undefined;
  /** Calls back when one of the two has changed. */
  onTurn(take: () => void): void;
  /** Ends it; resolves when it has ended. */
  close(): Promise<void>;
}

export type Started = { readonly run: Run } | { readonly failure: Failure };

/** A program that makes a tunnel. */
export interface Program {
  /** What it is called in sentences. */
  readonly name: string;
  /** Starts it, and waits until its tunnel is registered. Ends it where that does not come about, or `signal` aborts. */
  start(signal: AbortSignal): Promise<Started>;
}
