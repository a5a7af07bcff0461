import { plain } from '../view/paint.ts';
import { clean } from '../view/text.ts';
import type { FileFindingRow } from './checks.ts';
import { findingText } from './text.ts';

/** A finding of strangers may hold names of any length; a report needs the beginning. */
const MOST = 2000;

const short = (text: string): string => (text.length > MOST ? `${text.slice(0, MOST)}…` : text);

/** `groups.put /groups_participants/0/group_id: is the number 7, expected a string`, harmless and on one line. */
export const rowSentence = ({ event, finding }: FileFindingRow): string => {
  const where = [event, finding.pointer].filter((part) => part !== null && part !== '').join(' ');
  return clean(`${where === '' ? '' : `${short(where)}: `}${short(finding.message)}`);
};

/** The line of the text report without colour, bounded. */
export const rowLine = (row: FileFindingRow): string => short(findingText(row, { paint: plain }));
