import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { isObject, type JsonObject, pointerPart, UNSAFE_KEYS } from '../schema/keywords.ts';
import { describe, type Finding, finding } from './finding.ts';
import { DEEPEST, scan, scanText } from './scan.ts';

/** A body read as JSON: the payload with findings about its text, or what keeps it from being read. */
export type Read =
  | { readonly ok: true; readonly text: string; readonly payload: JsonObject; readonly findings: Finding[] }
  | { readonly ok: false; readonly text: string | undefined; readonly findings: Finding[] };

/** Findings of one kind about the text. */
const MOST = 100;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const unreadable = (
  text: string | undefined,
  rule: Parameters<typeof finding>[0],
  found: string,
  expected: string,
  message: string,
  offset?: number,
): Read => ({
  ok: false,
  text,
  findings: [finding(rule, '', found, expected, message, { offset })],
});

/** UTF-16 is told by its byte order mark, or by a zero byte beside the first character of JSON. */
const isUtf16 = (bytes: Uint8Array): boolean => {
  const a = bytes[0];
  const b = bytes[1];
  if (a === undefined || b === undefined) return false;
  return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (bytes.length >= 4 && (a === 0) !== (b === 0));
};

/** Offset of the first byte that is not UTF-8; the length where only the end of the last character is missing. */
const badByte = (bytes: Uint8Array): number => {
  let good = 0;
  let bad = bytes.length;
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle - 1;
    }
  }
  return good;
};

const isBlank = (text: string): boolean => text.charCodeAt(0) !== 123 && text.trim() === '';

const surrogate = /\p{Surrogate}/u;

/** Escapes that may write half of a character: one without its other half beside it. */
const LONE_ESCAPE = /\\u[dD][89abAB][\da-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][\da-fA-F]{2})\\u[dD][c-fC-F]/;

const pointerOf = (path: readonly (string | number)[]): string => path.map(pointerPart).join('');

/** The slow look, taken only where the quick one saw something: every such place, in order. */
const textFindings = (text: string): { findings: Finding[]; overflow: boolean } => {
  const findings: Finding[] = [];
  let overflow = false;
  const keys: Set<string>[] = [];
  const counts = new Map<string, number>();
  const add = (made: Finding): void => {
    const count = counts.get(made.rule) ?? 0;
    counts.set(made.rule, count + 1);
    if (count < MOST) findings.push(made);
  };
  const checkString = (value: string, path: readonly (string | number)[], offset: number): void => {
    if (surrogate.test(value)) {
      add(
        finding(
          'lone-surrogate',
          pointerOf(path),
          'half of a character',
          'whole characters',
          'holds a lone surrogate, half of a character',
          { offset },
        ),
      );
    }
  };
  visit(
    text,
    {
      onObjectBegin: () => {
        keys.push(new Set());
      },
      onObjectEnd: () => {
        keys.pop();
      },
      onObjectProperty: (key, offset, _length, _line, _column, parent) => {
        const path = [...parent(), key];
        const seen = keys.at(-1);
        if (seen?.has(key)) {
          const message = `the key ${JSON.stringify(key.slice(0, 60))} stands twice in one object; readers keep the last`;
          add(finding('duplicate-key', pointerOf(path), 'the key again', 'each key once', message, { offset }));
        }
        seen?.add(key);
        if (UNSAFE_KEYS.has(key)) {
          add(
            finding(
              'unsafe-key',
              pointerOf(path),
              `the key ${key}`,
              'another name',
              `the key ${key} reaches into the prototype where objects are copied carelessly`,
              { offset },
            ),
          );
        }
        checkString(key, path, offset);
      },
      onLiteralValue: (value, offset, length, _line, _column, path) => {
        if (typeof value === 'string') checkString(value, path(), offset);
        if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
          overflow = true;
          const written = text.slice(offset, offset + Math.min(length, 20));
          add(
            finding(
              'number-overflow',
              pointerOf(path()),
              written,
              'a number that fits',
              `${written} is too large a number: readers make it infinite`,
              { offset },
            ),
          );
        }
      },
    },
    { disallowComments: true },
  );
  return { findings, overflow };
};

const CAUSES: Partial<Record<ReturnType<typeof printParseErrorCode>, string>> = {
  InvalidSymbol: 'a word or sign that JSON does not have',
  InvalidNumberFormat: 'a malformed number',
  PropertyNameExpected: 'a key in double quotes is expected',
  ValueExpected: 'a value is expected',
  ColonExpected: 'a colon is expected',
  CommaExpected: 'a comma is expected',
  CloseBraceExpected: 'the closing } is missing',
  CloseBracketExpected: 'the closing ] is missing',
  EndOfFileExpected: 'more stands after the end of the document',
  InvalidCommentToken: 'a comment, which JSON does not have',
  UnexpectedEndOfComment: 'a comment, which JSON does not have',
  UnexpectedEndOfString: 'a string without its closing quote',
  UnexpectedEndOfNumber: 'a malformed number',
  InvalidUnicode: 'a malformed \\u escape',
  InvalidEscapeCharacter: 'a malformed escape',
  InvalidCharacter: 'a control character inside a string',
};

/** Why a text is not JSON, and where (UTF-16 offset). */
export const syntaxError = (text: string): { cause: string; offset: number } => {
  const start = text.search(/\S/);
  if (text[start] === '<') return { cause: 'it looks like HTML or XML', offset: start };
  if (/^\s*[\w.%[\]+-]+=[^{[]/.test(text.slice(0, 200))) return { cause: 'it looks like a form (name=value)', offset: start };
  let first: { code: ParseErrorCode; offset: number } | undefined;
  if (scanText(text).depth <= DEEPEST) {
    visit(
      text,
      {
        onError: (code, offset) => {
          if (first === undefined || offset < first.offset) first = { code, offset };
        },
      },
      { disallowComments: true },
    );
  }
  if (first === undefined) return { cause: 'it is not well formed', offset: 0 };
  const { code, offset } = first;
  const rest = text.slice(offset);
  if (rest.trim() === '') return { cause: 'it is cut off', offset };
  const name = printParseErrorCode(code);
  if (rest.startsWith("'")) return { cause: 'a single quote, where JSON has double quotes', offset };
  const word = /^(?:-?Infinity|NaN|undefined|None|True|False)\b/.exec(rest)?.[0];
  if (word !== undefined) return { cause: `${word}, which JSON does not have`, offset };
  const before = text.slice(0, offset).trimEnd();
  if (before.endsWith(',') && /^[}\]]/.test(rest)) return { cause: 'a comma before the closing bracket', offset: before.length - 1 };
  return { cause: CAUSES[name] ?? 'it is not well formed', offset };
};

/** Line and column of an offset, both from 1, columns in UTF-16 units. */
export const positionOf = (text: string, offset: number): { line: number; column: number } => {
  let line = 1;
  let start = 0;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
};

/** `positionOf` for many offsets of one text: its lines are looked for once. */
export const positionsOf = (text: string): ((offset: number) => { line: number; column: number }) => {
  let starts: number[] | undefined;
  return (offset) => {
    if (starts === undefined) {
      starts = [0];
      for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
    }
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
};

/**
 * Reads a body as the one JSON object it should be (SEVERITY.md, first rows). Never throws; whatever the
 * body is, the result says so.
 * @param body the bytes of a request or file, or a text already decoded
 */
export const readJson = (body: Uint8Array | string): Read => {
  let text: string;
  if (typeof body === 'string') text = body;
  else if (!ArrayBuffer.isView(body)) {
    const found = describe(body);
    return unreadable(
      undefined,
      'not-json',
      found,
      'the bytes or the text of a body',
      `the body is ${found}, expected its bytes or its text; a payload that is parsed already goes to validate()`,
    );
  } else {
    if (isUtf16(body)) return unreadable(undefined, 'bad-encoding', 'UTF-16', 'UTF-8', 'the body is written in UTF-16, expected UTF-8');
    try {
      text = utf8.decode(body);
    } catch {
      const at = badByte(body);
      const cause = at < body.length ? `byte ${at + 1} does not belong there` : 'it ends in the middle of a character';
      return unreadable(undefined, 'bad-encoding', 'other bytes', 'UTF-8', `the body is not UTF-8: ${cause}`);
    }
  }
  const findings: Finding[] = [];
  let start = 0;
  if (text.charCodeAt(0) === 0xfeff) {
    start = 1;
    findings.push(finding('byte-order-mark', '', 'a byte order mark', 'none', 'the body begins with a byte order mark', { offset: 0 }));
  }
  const json = start === 0 ? text : text.slice(start);
  const shift = (made: Finding): Finding => (made.offset === undefined || start === 0 ? made : { ...made, offset: made.offset + start });
  if (isBlank(json))
    return {
      ok: false,
      text,
      findings: [...findings, finding('empty-body', '', 'nothing', 'a JSON object', 'the body is empty', { offset: 0 })],
    };
  const { depth, suspicious, escapes } = typeof body === 'string' ? scanText(json) : scan(body);
  if (depth > DEEPEST) {
    const message = `nested ${depth} levels deep, more than ${DEEPEST}`;
    return {
      ok: false,
      text,
      findings: [...findings, finding('too-deep', '', `${depth} levels`, `at most ${DEEPEST}`, message, { offset: start })],
    };
  }
  let payload: unknown;
  try {
    payload = JSON.parse(json);
  } catch {
    const { cause, offset } = syntaxError(json);
    const message = `not JSON: ${cause}`;
    return {
      ok: false,
      text,
      findings: [...findings, finding('not-json', '', cause, 'one JSON object', message, { offset: offset + start })],
    };
  }
  // Bytes that are UTF-8 hold no lone surrogates but as escapes; a text that was handed in may.
  const broken = (escapes && LONE_ESCAPE.test(json)) || (typeof body === 'string' && surrogate.test(json));
  if (suspicious || broken) {
    const slow = textFindings(json);
    findings.push(...slow.findings.map(shift));
    if (slow.overflow) return { ok: false, text, findings };
  }
  if (!isObject(payload)) {
    const message = `the body is ${describe(payload)}, expected one object`;
    return {
      ok: false,
      text,
      findings: [...findings, finding('not-object', '', describe(payload), 'an object', message, { offset: json.search(/\S/) + start })],
    };
  }
  return { ok: true, text, payload, findings };
};
