/** Lines of payloads with defects planted at places that are known because this file put them there. */
import { SAMPLES } from './samples.ts';

/** Where a defect must be reported. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly rule: string;
  readonly pointer: string;
}

export interface Corpus {
  /** Lines with their ends. */
  readonly lines: readonly string[];
  readonly events: number;
  readonly places: readonly Place[];
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
const random = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A line with a defect: the new text, and where in it the defect is. */
type Planted = { readonly text: string; readonly at: number; readonly rule: string; readonly pointer: string } | undefined;

const START = '{"messages":[{';

/** Whether a place is in the first message itself, not in an object inside it. */
const isOwn = (text: string, at: number): boolean => text.startsWith(START) && at !== -1 && !text.slice(START.length, at).includes('{');

const replace = (text: string, old: RegExp, by: (found: string) => string, rule: string, pointer: string): Planted => {
  const match = old.exec(text);
  if (match === null || (pointer.startsWith('/messages/') && !isOwn(text, match.index))) return undefined;
  const [found] = match;
  return { text: text.slice(0, match.index) + by(found) + text.slice(match.index + found.length), at: match.index, rule, pointer };
};

/** Into the beginning of the first message. */
const insert = (text: string, member: string, rule: string, pointer: string, skip = 0): Planted => {
  const key = /^"\w+"/.exec(member)?.[0] ?? '';
  if (!text.startsWith(START) || text.includes(`${key}:`)) return undefined;
  return { text: `${START}${member},${text.slice(START.length)}`, at: START.length + skip, rule, pointer };
};

const DEFECTS: readonly ((text: string) => Planted)[] = [
  (text) => insert(text, '"zz_new":{"a":[1]}', 'unknown-member', '/messages/0/zz_new'),
  (text) => insert(text, '"subtype":7', 'wrong-type', '/messages/0/subtype', '"subtype":'.length),
  (text) => insert(text, '"chat_name":"é\\ud83dé"', 'lone-surrogate', '/messages/0/chat_name', '"chat_name":'.length),
  (text) => {
    const again = text.indexOf('"from_me":');
    if (!text.startsWith(`${START}"id"`) || !isOwn(text, again)) return undefined;
    const member = '"from_me":false,';
    return {
      text: START + member + text.slice(START.length),
      at: again + member.length,
      rule: 'duplicate-key',
      pointer: '/messages/0/from_me',
    };
  },
  (text) => {
    const planted = replace(text, /"from_me":(?:true|false)/, () => '"from_me":"no"', 'wrong-type', '/messages/0/from_me');
    return planted === undefined ? undefined : { ...planted, at: planted.at + '"from_me":'.length };
  },
  (text) => {
    const planted = replace(text, /"source":"\w+"/, () => '"source":"zz_tv"', 'unknown-word', '/messages/0/source');
    return planted === undefined ? undefined : { ...planted, at: planted.at + '"source":'.length };
  },
  (text) => {
    const planted = replace(text, /"timestamp":\d+,/, () => '', 'missing-member', '/messages/0/timestamp');
    return planted === undefined ? undefined : { ...planted, at: START.length - 1 };
  },
  (text) => {
    const planted = replace(text, /"type":"messages"/, () => '"type":"mesages"', 'unknown-category', '/event/type');
    return planted === undefined ? undefined : { ...planted, at: planted.at + '"type":'.length };
  },
  (text) => ({ text: `${text.slice(0, -1)},}`, at: text.length - 1, rule: 'not-json', pointer: '' }),
  (text) => ({ text: text.slice(0, -1), at: text.length - 1, rule: 'not-json', pointer: '' }),
  (text) => ({ text: `${text} {}`, at: text.length + 1, rule: 'not-json', pointer: '' }),
];

const fine = SAMPLES.filter(({ event }) => event === 'messages.post').map(({ payload }) => JSON.stringify(payload));
const others = SAMPLES.filter(({ event }) => event !== 'messages.post').map(({ payload }) => JSON.stringify(payload));

/** As many events as asked for, one in twenty with a defect; with blank lines, CRLF, lines longer than any buffer. */
export const makeCorpus = (events: number, seed: number): Corpus => {
  const next = random(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item; // the list is not empty
  const lines: string[] = [];
  const places: Place[] = [];
  for (let event = 0; event < events; event++) {
    if (next() < 0.01) lines.push(pick(['\n', '  \n', '\r\n']));
    let text = next() < 0.3 ? pick(others) : pick(fine);
    if (event % 30_011 === 30_010) text = (fine[0] ?? '').replace(/"body":"/, `"body":"${'ж'.repeat(1_300_000)}`);
    const planted = next() < 0.05 ? pick(DEFECTS)(text) : undefined;
    if (planted !== undefined) {
      const { at, rule, pointer } = planted;
      text = planted.text;
      places.push({ line: lines.length + 1, column: at + 1, rule, pointer });
    }
    lines.push(text + (next() < 0.1 ? '\r\n' : '\n'));
  }
  return { lines, events, places };
};
