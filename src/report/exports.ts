import { deliveryRecord, outcomeRecord, readyRecord, recordLine } from '../delivery/recording.ts';
import type { Stored } from '../delivery/stored.ts';
import { inMode } from '../event/mode.ts';
import { HAR_TAIL, harEntries, harHead } from './har.ts';

export const EXPORT_FORMATS = ['jsonl', 'samples', 'har'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What deliveries become in a file, written piece by piece. */
export interface Exporter {
  readonly head: string;
  /** @returns undefined where the format has no place for it */
  add(stored: Stored): string | undefined;
  /** What ends the file. */
  tail(): string;
}

/** A recording, as `listen --record` writes it: the bodies come back byte for byte. */
const jsonl = (): Exporter => {
  let base: string | undefined;
  return {
    head: '',
    add({ delivery, reading, outcomes, base: own }) {
      // A reader finds the request line below the path of the last ready record.
      const ready = own !== undefined && own !== base ? recordLine(readyRecord(`http://localhost${own}`)) : '';
      base = own ?? base;
      return `${ready}${recordLine(deliveryRecord(delivery, reading))}${outcomes.map(({ outcome }) => recordLine(outcomeRecord(outcome))).join('')}`;
    },
    tail: () => '',
  };
};

/** A map of named payloads in mode body, like samples/*.json; every payload keeps its characters. */
const samples = (): Exporter => {
  let count = 0;
  return {
    head: '{',
    add({ delivery, reading }) {
      const { text, name, verdict } = reading;
      if (text === undefined || verdict === 'unreadable') return undefined;
      const bare = text.replace(/^\ufeff/, '').trim();
      const payload = name === null ? bare : inMode(bare, name, 'body');
      return `${count++ === 0 ? '' : ','}\n${JSON.stringify(`${name ?? 'unknown'} ${delivery.id}`)}: ${payload}`;
    },
    tail: () => (count === 0 ? '}\n' : '\n}\n'),
  };
};

const har = (version: string): Exporter => {
  let count = 0;
  return {
    head: harHead(version),
    add: (stored) =>
      harEntries(stored)
        .map((entry) => `${count++ === 0 ? '' : ',\n'}${entry}`)
        .join(''),
    tail: () => HAR_TAIL,
  };
};

/** @param version of this program, named in the file where the format has a place for it */
export const createExporter = (format: ExportFormat, version: string): Exporter =>
  format === 'jsonl' ? jsonl() : format === 'samples' ? samples() : har(version);
