import { describe, expect, it } from 'vitest';
import { MODES } from '../../src/event/mode.ts';
import type { CheckFinding, CheckReport } from '../../src/replay/check.ts';
import { type Specimen, specimenOf } from '../../src/replay/check-events.ts';
import { CHECK_RULE_NAMES, type CheckRule } from '../../src/replay/check-rules.ts';
import { runCheck } from '../../src/replay/check-run.ts';
import { newText } from '../support/handler.ts';
import { stepOf } from '../support/run.ts';
import { readMap } from '../support/samples.ts';
import { type Handler, type Means, worldOf } from '../support/world.ts';

const messages = readMap('samples', 'messages.json');

const specimen = (name: string, type: string, payload: unknown): Specimen => {
  const made = specimenOf(
    stepOf(1, { type, origin: `events.json > ${name}`, again: `events.json#${name}`, body: JSON.stringify(payload) }),
  );
  if (made === undefined) throw new Error(`${name} is no payload`);
  return made;
};

const TEXT = specimen('text', 'text', messages['text received']);
const OWN = specimen('own', 'text', messages['text sent by the api']);
const GIF = specimen('gif', 'gif', messages['gif received']);

/** Events of kinds that have no meaning. */
const others = (count: number): Specimen[] =>
  Array.from({ length: count }, (_, at) => specimen(`other ${at}`, `other-${at}`, messages['system noise without content']));

/** Checks a handler with an API. */
const checked = (handler: Handler, specimens: readonly Specimen[], settle = 200): Promise<CheckReport> =>
  runCheck(worldOf(handler), { rules: CHECK_RULE_NAMES, specimens, modes: MODES, settle, secret: undefined });

const findings = ({ rulings }: CheckReport): CheckFinding[] =>
  rulings.flatMap((ruling) => (ruling.status === 'found' ? ruling.findings : []));

const found = (report: CheckReport): [rule: string, message: string][] => findings(report).map(({ rule, message }) => [rule, message]);

const typeOf: (payload: Parameters<Handler>[0]) => string | undefined = ({ messages: [first] = [] }) => first?.type;

describe('a handler that dies of a type after it has answered it', () => {
  /** @param ms from the answer to the death @param breaking connections that still break when it is dead */
  const dying = (ms: number, breaking = 0): Handler => {
    const seen = new Set<string>();
    return (payload, { later, end, call }) => {
      const text = newText(seen, { payload });
      if (text !== undefined) void call(text.chat_id, text.id);
      if (typeOf(payload) === 'gif') later(ms, () => end(breaking));
      return 200;
    };
  };

  it.each([
    ['at once', 0, 0],
    ['a little later', 150, 0],
    ['and breaks a connection before it is gone', 20, 1],
    ['and breaks some', 20, 2],
    ['and breaks some more', 20, 4],
  ])('is found, %s, with the type that it dies of', async (_when, ms, breaking) => {
    const report = await checked(dying(ms, breaking), [TEXT, ...others(3), GIF, OWN]);
    expect(found(report)).toEqual([['any-type', 'the handler was gone after it had answered messages.post gif: nothing listens any more']]);
    expect(findings(report)[0]?.sources).toEqual(['events.json#gif']);
  });

  it('is blamed for that alone, though what came last was of a kind that it takes', async () => {
    for (const breaking of [1, 2, 3, 6])
      expect(found(await checked(dying(0, breaking), [TEXT, GIF, OWN]))).toEqual([
        ['any-type', 'the handler was gone after it had answered messages.post gif: nothing listens any more'],
      ]);
  });

  it('answers others before it is gone: then one of the last is to blame, and these alone tell which', async () => {
    const many = [TEXT, ...others(40), GIF, ...others(80).slice(40)];
    const report = await checked(dying(150), many);
    const [finding] = findings(report);
    expect(finding).toMatchObject({ rule: 'any-type', event: null });
    expect(finding?.message).toMatch(
      /after it had one of these: messages\.post other-4\d, .*messages\.post gif.* and \d more: nothing listens/,
    );
    expect(finding?.sources).toContain('events.json#gif');
    expect(finding?.sources.length).toBeLessThan(10);
    const suspects = many.filter(({ source }) => finding?.sources.includes(source ?? ''));
    expect(found(await checked(dying(150), suspects))).toEqual([
      ['any-type', 'the handler was gone after it had answered messages.post gif: nothing listens any more'],
    ]);
  });

  it('is found where it is the only event there is', async () => {
    expect(found(await checked(dying(0), [GIF]))).toEqual([
      ['any-type', 'the handler was gone after it had answered messages.post gif: nothing listens any more'],
    ]);
  });

  it('is told apart from one that dies before it answers', async () => {
    const dies: Handler = (payload, { end }) => {
      if (typeOf(payload) !== 'gif') return 200;
      end();
      return undefined;
    };
    expect(found(await checked(dies, [TEXT, ...others(2), GIF, OWN]))).toEqual([
      ['any-type', 'the handler was gone while it had messages.post gif: nothing listens any more'],
    ]);
  });

  it('is blamed for a text without its text, though it takes texts', async () => {
    const dies: Handler = ({ messages: [first] = [] }, { later, end }) => {
      if (first?.type === 'text' && !('text' in first)) later(20, end);
      return 200;
    };
    expect(found(await checked(dies, [TEXT]))).toEqual([
      ['any-type', 'the handler was gone after it had answered messages.post text without its text: nothing listens any more'],
    ]);
  });

  it('is blamed for no type where it dies of none', async () => {
    let deliveries = 0;
    const dies: Handler = (_payload, { end }) => {
      if (++deliveries === 30) end();
      return deliveries === 30 ? undefined : 200;
    };
    const report = await checked(dies, [TEXT, ...Array.from({ length: 40 }, () => OWN)]);
    expect(found(report)).toEqual([['alive', 'the handler was gone while it had messages.post text: nothing listens any more']]);
  });
});

describe('a handler that dies of a connection that is cut', () => {
  const GONE = 'the handler was gone after messages.post text was cut in the middle: nothing listens any more';
  const answers: Handler = () => 200;

  it.each<[string, readonly Specimen[], readonly CheckRule[], (means: Means) => void, string?]>([
    ['at once', [TEXT, GIF, OWN], CHECK_RULE_NAMES, ({ end }) => end()],
    ['and breaks a connection before it is gone', [TEXT, GIF, OWN], CHECK_RULE_NAMES, ({ end }) => end(1)],
    ['where nothing but that is checked', [TEXT], ['cut-connection'], ({ end }) => end()],
    ['where no text was sent before', [GIF], ['cut-connection'], ({ end }) => end()],
  ])('%s: it is found, and no type is blamed for it', async (_when, specimens, rules, onCut) => {
    const report = await runCheck(worldOf(answers, onCut), { rules, specimens, modes: MODES, settle: 200, secret: undefined });
    expect(found(report)).toEqual([['cut-connection', GONE]]);
    expect(report.ended).toBe('the handler was gone');
  });

  it('is not taken for one that dies of what came right before', async () => {
    const dies: Handler = (payload, { later, end }) => {
      if (typeOf(payload) === 'image') later(150, end);
      return 200;
    };
    expect(found(await checked(dies, [TEXT]))).toEqual([
      ['any-type', 'the handler was gone after it had answered messages.post image: nothing listens any more'],
    ]);
  });
});

it('a handler that calls the API without end ends the check', async () => {
  let isOver = false;
  let isCalling = false;
  const restless: Handler = (_payload, { later, call }) => {
    const again = (): void => {
      if (!isOver) void call('99900077777@s.whatsapp.net').then(() => later(50, again));
    };
    if (!isCalling) again();
    isCalling = true;
    return 200;
  };
  const report = await checked(restless, [TEXT, GIF]);
  isOver = true;
  expect(report.ended).toBe('the handler calls the API without end');
});

describe('a handler whose calls come late', () => {
  interface Bot {
    /** Milliseconds from the answer to a text to the call, by its number. */
    readonly delay: (number: number) => number;
    /** Milliseconds for what it should not answer: the same again, and its own messages. */
    readonly again?: number;
    readonly own?: number;
    /** It does not write to whoever wrote to it. */
    readonly notifies?: boolean;
    readonly worksFirst?: boolean;
  }
  /** A bot that answers texts of others; a second time, and its own, where it takes time for that. */
  const botOf = ({ delay, again, own, notifies = false, worksFirst = false }: Bot): Handler => {
    const seen = new Set<string>();
    let number = 0;
    return async ({ messages: [first] = [] }, { later, call }) => {
      if (first?.type !== 'text') return 200;
      const due = first.from_me ? own : seen.has(first.id) ? again : delay(number++);
      seen.add(first.id);
      const act = (): Promise<void> => (notifies ? call('99900077777@s.whatsapp.net') : call(first.chat_id, first.id));
      if (worksFirst) await act();
      else if (due !== undefined) later(due, () => void act());
      return 200;
    };
  };
  const ALL = [TEXT, OWN, GIF, ...others(3)];
  const quick = (): number => 5;

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('is right where text %i is acted on 2.5 s later', async (late) => {
    expect(found(await checked(botOf({ delay: (number) => (number === late ? 2500 : 5) }), ALL, 30))).toEqual([]);
  });

  it.each([20, 200, 600, 1500])('is right where each takes %i ms', async (ms) => {
    expect(found(await checked(botOf({ delay: () => ms }), ALL, 30))).toEqual([]);
  });

  it.each([20, 700, 1500])('is found where it acts twice, the second time after %i ms', async (again) => {
    const rules = found(await checked(botOf({ delay: quick, again }), ALL)).map(([rule]) => rule);
    expect(rules).toEqual(['duplicates']);
  });

  it.each([20, 700, 1500])('is found where it answers its own messages after %i ms', async (own) => {
    const rules = found(await checked(botOf({ delay: quick, own }), ALL)).map(([rule]) => rule);
    expect(rules).toEqual(['own-messages']);
  });

  it('is right where its calls name nobody who wrote, and found where it acts twice', async () => {
    expect(found(await checked(botOf({ delay: quick, notifies: true }), ALL, 30))).toEqual([]);
    const rules = found(await checked(botOf({ delay: quick, notifies: true, again: 5 }), ALL, 30)).map(([rule]) => rule);
    expect(rules).toEqual(['duplicates']);
  });

  it('is found where it calls before it answers', async () => {
    const rules = found(await checked(botOf({ delay: quick, worksFirst: true }), [TEXT, GIF], 30)).map(([rule]) => rule);
    expect(rules).toContain('answers-first');
  });
});

describe('a handler that answers nothing', () => {
  /** What became of the rules that a look back decides. */
  const atEnd = ({ rulings }: CheckReport): unknown[] =>
    rulings.flatMap((ruling) =>
      ruling.rule === 'alive' || ruling.rule === 'in-time'
        ? [[ruling.rule, ruling.status, ruling.status === 'found' ? ruling.findings.map(({ message }) => message) : ruling.note]]
        : [],
    );

  it('is not called alive, nor in time', async () => {
    expect(atEnd(await checked(() => undefined, [TEXT, GIF]))).toEqual([
      ['in-time', 'unchecked', 'nothing was answered'],
      ['alive', 'unchecked', 'it has not answered messages.post text at any time (broken)'],
    ]);
  });

  it('from some delivery on is not alive at the end', async () => {
    let deliveries = 0;
    // The first of all, of which nothing is expected, does not count.
    const report = await checked(() => (++deliveries < 20 ? 200 : undefined), [TEXT, GIF]);
    expect(atEnd(report)).toEqual([
      ['in-time', 'passed', 'the slowest of 18 answers took 1 ms'],
      ['alive', 'found', ['messages.post text was answered before, and at the end no more: broken']],
    ]);
  });
});

it('tells whose turn it is, each rule once and in the order in which they are tried', async () => {
  const told: CheckRule[] = [];
  const seen = new Set<string>();
  const handler: Handler = (payload, { call }) => {
    const text = newText(seen, { payload });
    if (text !== undefined) void call(text.chat_id, text.id);
    return 200;
  };
  const plan = { specimens: [TEXT, OWN], modes: MODES, settle: 200, secret: undefined, onRule: (rule: CheckRule) => told.push(rule) };
  await runCheck(worldOf(handler), { rules: CHECK_RULE_NAMES, ...plan });
  expect(told.slice(0, 3)).toEqual(['secret', 'modes', 'verbs']);
  // Whether it answers in time is seen at all of them.
  expect(told.toSorted()).toEqual(CHECK_RULE_NAMES.filter((rule) => rule !== 'in-time').toSorted());
});
