import type { JsonObject } from '../schema/keywords.ts';
import { base64, exactText } from './bytes.ts';
import { type Delivery, isOk, type Outcome, type Reading } from './delivery.ts';
import { deliveryRecord, harmlessJson } from './recording.ts';

/** An outcome as the history keeps it. */
export interface StoredOutcome {
  readonly outcome: Outcome;
  /** Milliseconds since 1970, when it was known. */
  readonly time: number;
  /** The how-manieth try to this endpoint, from 1. */
  readonly attempt: number;
}

/** A delivery as it comes out of the history. */
export interface Stored {
  readonly delivery: Delivery;
  readonly reading: Reading;
  /** Path of the listener that took it, where it was told. */
  readonly base: string | undefined;
  readonly outcomes: readonly StoredOutcome[];
}

/** The last outcome at each endpoint, in the order in which the endpoints were first tried. */
export const lastOutcomes = (outcomes: readonly StoredOutcome[]): StoredOutcome[] => {
  const last = new Map<string, StoredOutcome>();
  for (const stored of outcomes) last.set(stored.outcome.endpoint, stored);
  return [...last.values()];
};

/** Whether every endpoint took it in the end. */
export const isTaken = (outcomes: readonly StoredOutcome[]): boolean => lastOutcomes(outcomes).every(({ outcome }) => isOk(outcome));

const answerMember = (outcome: Outcome): JsonObject => {
  if (outcome.kind !== 'answered' || outcome.answer.bytes.length === 0) return {};
  const { bytes, cut } = outcome.answer;
  const text = cut ? new TextDecoder().decode(bytes) : exactText(bytes);
  return { ...(text === undefined ? { answerBase64: base64(bytes) } : { answer: text }), answerCut: cut };
};

/** An outcome as it stands in a record of `history --json`. */
const storedOutcome = ({ outcome, time, attempt }: StoredOutcome): JsonObject => ({
  endpoint: outcome.endpoint,
  attempt,
  time: new Date(time).toISOString(),
  ...(outcome.kind === 'answered' ? { status: outcome.status } : { error: outcome.error, cause: outcome.cause }),
  ms: Math.round(outcome.ms * 10) / 10,
  ...answerMember(outcome),
});

/** A delivery with its outcomes: the record of a recording, and one member more. */
export const storedRecord = ({ delivery, reading, outcomes }: Stored): JsonObject => ({
  ...deliveryRecord(delivery, reading),
  outcomes: outcomes.map(storedOutcome),
});

/** The record laid out for a person who asked for JSON of one delivery. */
export const storedDocument = (stored: Stored): string => `${harmlessJson(storedRecord(stored), 2)}\n`;
