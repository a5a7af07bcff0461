import { CATALOGUE, ENVELOPE } from '../generated/catalogue.ts';
import type { EventPayloads } from '../generated/payloads.ts';
import { takeOmitted, VALIDATORS, type ValidatorError } from '../generated/validators.js';
import { isObject, type JsonObject, nearest, pointerPart, type Remark, UNSAFE_KEYS } from '../schema/keywords.ts';
import { describe, type Finding, finding, type Rule, TYPE_WORDS, type Verdict } from './finding.ts';
import { type Read, readJson } from './json.ts';
import { lineOfUrl } from './mode.ts';
import { type EventName, type EventWords, entryOf, isEventName, KEY_OWNERS, type Named, nameEvent } from './name.ts';

/** What a body says and what is wrong with it; told apart by `name`, which is null where no event is named. */
export type Parsed =
  | { [Name in EventName]: ParsedEvent<Name> }[EventName]
  | { readonly name: null; readonly payload: unknown; readonly findings: readonly Finding[]; readonly verdict: Verdict };

export interface ParsedEvent<Name extends EventName> {
  readonly name: Name;
  /** As its type says where no finding is an error. */
  readonly payload: EventPayloads[Name];
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
}

/** The value a pointer names, or undefined. */
export const valueAt = (payload: unknown, pointer: string): unknown => {
  let value = payload;
  for (const part of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key]; // an object or a list, read by an own key
  }
  return value;
};

const lastPart = (pointer: string): string =>
  pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
    .slice(0, 60);

/** One remark of an x- keyword → a finding. The rules of keywords.ts are rules of RULES; a test holds them to it. */
const remarkFinding = (payload: unknown, base: string, remark: Remark): Finding => {
  const pointer = base + remark.at;
  const value = valueAt(payload, pointer);
  const found = describe(value);
  const rule = remark.rule as Rule; // keywords.ts may not know of RULES: it stands below it
  const message =
    {
      'unknown-member': `${JSON.stringify(lastPart(pointer))} is not a documented member`,
      'missing-recommended': `${lastPart(pointer)} is missing; it is nearly always sent`,
      'missing-content': `${lastPart(pointer)} is missing: it is ${remark.expected}`,
      'foreign-content': `${lastPart(pointer)} does not belong here: expected ${remark.expected}`,
      'reply-branch':
        value === undefined
          ? `${lastPart(pointer)} is missing: expected ${remark.expected}`
          : `${lastPart(pointer)} does not belong here: expected ${remark.expected}`,
    }[remark.rule] ?? `is ${found}${remark.detail === undefined ? '' : ` (${remark.detail})`}, expected ${remark.expected}`;
  return finding(rule, pointer, found, remark.expected, message, { nearest: remark.nearest });
};

const decoder = new TextDecoder();

const typeWords = (type: unknown): string => {
  const names = Array.isArray(type) ? type : String(type).split(',');
  return names.map((name) => TYPE_WORDS[String(name)] ?? String(name)).join(' or ');
};

const validatorFindings = (payload: unknown, error: ValidatorError): Finding[] => {
  const { instancePath, keyword, params } = error;
  const remarks = params['remarks'];
  // Our own keywords put a list of remarks there (scripts/generate.js).
  if (Array.isArray(remarks)) return (remarks as Remark[]).map((remark) => remarkFinding(payload, instancePath, remark));
  const found = describe(valueAt(payload, instancePath));
  if (keyword === 'required') {
    const member = String(params['missingProperty']);
    return [finding('missing-member', instancePath + pointerPart(member), 'nothing', `the member ${member}`, `${member} is missing`)];
  }
  if (keyword === 'minLength') {
    return [finding('empty-id', instancePath, found, 'a message id', 'the message id is empty')];
  }
  const expected = typeWords(params['type']);
  return [finding('wrong-type', instancePath, found, expected, `is ${found}, expected ${expected}`)];
};

const envelope: ReadonlySet<string> = new Set(ENVELOPE);

/** The members of the payload itself: the key of the event, the keys of others, foreign members. */
const keyFindings = (name: EventName, keys: readonly string[], payload: JsonObject): Finding[] => {
  if (keys.length === 0) return [];
  const findings: Finding[] = [];
  let found = false;
  let plain = true;
  for (const key in payload) {
    if (keys.includes(key)) found = true;
    else if (!envelope.has(key)) plain = false;
  }
  if (found && plain) return findings;
  const foreign = Object.keys(payload).find((key) => !keys.includes(key) && KEY_OWNERS.has(key));
  if (!found) {
    const wanted = keys.join(' or ');
    const pointer = pointerPart(keys[0] ?? '');
    const message =
      foreign === undefined
        ? `${wanted} is missing: it holds what a ${name} event is about`
        : `${wanted} is missing; ${foreign} belongs to ${(KEY_OWNERS.get(foreign) ?? []).join(', ')}`;
    findings.push(finding(foreign === undefined ? 'payload-missing' : 'payload-foreign', pointer, foreign ?? 'nothing', wanted, message));
  }
  let strangers = 0;
  for (const key in payload) {
    if (envelope.has(key) || keys.includes(key) || UNSAFE_KEYS.has(key) || (!found && key === foreign)) continue;
    if (++strangers > 100) break;
    const owners = KEY_OWNERS.get(key);
    findings.push(
      owners === undefined
        ? finding(
            'unknown-member',
            pointerPart(key),
            describe(payload[key]),
            'a documented member',
            `${JSON.stringify(key.slice(0, 60))} is not a documented member`,
            {
              nearest: nearest(key, [...keys, ...ENVELOPE]),
            },
          )
        : finding(
            'payload-extra',
            pointerPart(key),
            describe(payload[key]),
            `only ${keys.join(' or ')}`,
            `${key} belongs to ${owners.join(', ')}`,
          ),
    );
  }
  return findings;
};

/** Remarks beyond this many are left out; errors never are. */
const MOST_REMARKS = 1000;

/** All that the schema of an event has to say about a payload. */
const checkPayload = (name: EventName, payload: JsonObject): Finding[] => {
  const { keys, schema } = entryOf(name);
  const validate = VALIDATORS[schema];
  const findings = keyFindings(name, keys, payload);
  if (!validate(payload)) {
    let omitted = takeOmitted();
    for (const error of validate.errors ?? []) {
      if (findings.length < MOST_REMARKS || !('remarks' in error.params)) findings.push(...validatorFindings(payload, error));
      else omitted++;
    }
    validate.errors = null;
    if (omitted > 0) {
      const message = `at least ${omitted} more ${omitted === 1 ? 'finding is' : 'findings are'} not listed`;
      findings.push(finding('more-findings', '', `${omitted} more`, 'fewer', message));
    }
  }
  return findings;
};

const judge = (named: Named, payload: JsonObject, textFindings: readonly Finding[]): Parsed => {
  if (named.name === null) return { name: null, payload, findings: [...textFindings, ...named.findings], verdict: 'unknown' };
  const found = checkPayload(named.name, payload);
  const findings = textFindings.length + named.findings.length === 0 ? found : [...textFindings, ...named.findings, ...found];
  const verdict = findings.length > 0 && findings.some(({ severity }) => severity === 'error') ? 'invalid' : 'valid';
  // The name tells the type; where findings are errors the payload is only nearly of it, as the type says.
  return { name: named.name, payload, findings, verdict } as unknown as Parsed;
};

/** How a body that lacks `event` is named: by its request line, or by the caller. */
export interface Naming {
  readonly line?: EventWords | undefined;
  readonly as?: EventName | undefined;
}

/**
 * `parse` for those who already know the words of the request line. Also tells what event was said.
 * @param read what `readJson` made of the body, where it has been read already
 */
export const parseBody = (
  body: Uint8Array | string,
  naming: Naming = {},
  read: Read = readJson(body),
): { parsed: Parsed; said: string | null; text: string | undefined } => {
  if (!read.ok) {
    const said = naming.line === undefined ? null : `${naming.line.category}.${naming.line.method}`;
    return { parsed: { name: null, payload: undefined, findings: read.findings, verdict: 'unreadable' }, said, text: read.text };
  }
  const named = nameEvent(read.payload, naming.line, naming.as);
  return { parsed: judge(named, read.payload, read.findings), said: named.said, text: read.text };
};

/** What `parseBody` makes of a body that names its event and on which nothing is to be remarked (io/quick.ts). */
export const parseSound = (body: Uint8Array): Parsed => {
  const payload = JSON.parse(decoder.decode(body)) as JsonObject; // what is sound is an object
  const named = nameEvent(payload, undefined, undefined);
  // The name tells the type, as in `judge`.
  return { name: named.name, payload, findings: named.findings, verdict: 'valid' } as unknown as Parsed;
};

/**
 * Reads the body of a webhook request and checks it against the contract.
 * @param body the bytes or the text of the body, exactly as they came
 * @param request the verb and url it came with; needed in the modes path and method, where the body does not name the event
 * @returns the event's name, its payload, all findings and the verdict. Never throws.
 */
export const parse = (body: Uint8Array | string, request?: { readonly method: string; readonly url: string }): Parsed =>
  parseBody(body, { line: typeof request?.url === 'string' ? lineOfUrl(String(request.method), request.url) : undefined }).parsed;

/**
 * Checks a payload that is already parsed JSON. What only the text shows (duplicate keys, encoding) is not seen here.
 * @param options.as the event of a payload that does not name one, such as `groups.put`
 * @throws TypeError where `as` is not the name of an event
 */
export const validate = (
  payload: unknown,
  options: { readonly as?: EventName } = {},
): { name: EventName | null; findings: readonly Finding[]; verdict: Verdict } => {
  if (options.as !== undefined && !isEventName(options.as)) {
    throw new TypeError(`${JSON.stringify(options.as)} is not the name of an event${hint(String(options.as))}`);
  }
  if (!isObject(payload)) {
    const message = `the payload is ${describe(payload)}, expected one object`;
    return { name: null, findings: [finding('not-object', '', describe(payload), 'an object', message)], verdict: 'unreadable' };
  }
  const { name, findings, verdict } = judge(nameEvent(payload, undefined, options.as), payload, []);
  return { name, findings, verdict };
};

const hint = (word: string): string => {
  const name = nearest(word, Object.keys(CATALOGUE));
  return name === undefined ? '' : `; did you mean ${name}?`;
};

/**
 * Whether a payload is such an event: it names that event (or none, as in the modes path and method) and no
 * finding is an error.
 */
export const isEvent = <Name extends EventName>(payload: unknown, name: Name): payload is EventPayloads[Name] => {
  const result = validate(payload, { as: name });
  return result.name === name && result.verdict === 'valid';
};
