import type { Rule } from '../../event/finding.ts';
import { body, type Explanation, SOURCES } from './example.ts';

const paid = body('labels.delete', '"labels_removed": ["Paid"]');
const deep = (levels: number): string =>
  body('labels.delete', `"labels_removed": ["Paid"]`, `"errors": ${'['.repeat(levels)}${']'.repeat(levels)}`).text;
const numbers = Array.from({ length: 1500 }, (_, index) => index + 1).join(', ');

/** Rules about bodies and files as text. */
export const TEXT_RULES = {
  'not-json': {
    why: 'No JSON reader takes it, so a handler never sees the event. Whapi sends JSON; a broken fixture is mostly a slip of the hand, such as a comma before a closing bracket, a single quote or a comment.',
    wrong: { text: paid.text.replace('"Paid"]', '"Paid",]') },
    right: paid,
    source: SOURCES.json,
  },
  'empty-body': {
    why: 'There is nothing to read. A request without a body is no delivery of Whapi; an empty fixture was often never saved.',
    wrong: { text: '', shown: '(nothing)' },
    right: paid,
    source: SOURCES.json,
  },
  'bad-encoding': {
    why: 'JSON on the wire is UTF-8. Other bytes are refused or turn into �, and names are never what they were again.',
    wrong: {
      text: body('labels.delete', '"labels_removed": ["Größe"]').text,
      encoding: 'latin1',
      shown: '{ "labels_removed": ["Größe"], … }   saved as Latin-1',
    },
    right: {
      text: body('labels.delete', '"labels_removed": ["Größe"]').text,
      shown: '{ "labels_removed": ["Größe"], … }   saved as UTF-8',
    },
    source: 'JSON itself: RFC 8259, section 8.1. Captured traffic is UTF-8.',
  },
  'not-object': {
    why: 'A body is one object with the payload in it. A handler that reads members of a list, a string or null fails, or finds nothing.',
    wrong: { text: '["Paid"]' },
    right: paid,
    source: SOURCES.openapi,
  },
  'not-payload': {
    why: 'Nothing in the file can be checked, so it would pass without having been looked at. Leave files that hold other things out of the folder, or name the files to check.',
    wrong: { text: '{\n  "compilerOptions": { "strict": true }\n}', file: 'other.json' },
    right: { text: paid.text, file: 'label-removed.json' },
    source: 'This program: how it reads files stands in its README.',
  },
  'not-record': {
    why: 'A recording holds one record a line. A line that was edited or cut off cannot be checked or sent again.',
    wrong: {
      text: '{"v":1,"type":"ready","url":"http://127.0.0.1:8080/"}\n{"v":1,"type":"delivery","id":"d1"}',
      file: 'recording.jsonl',
    },
    right: {
      text: '{"v":1,"type":"ready","url":"http://127.0.0.1:8080/"}\n{"v":1,"type":"delivery","id":"d1","method":"POST","url":"/labels/delete","headers":[],"body":"{\\"labels_removed\\":[\\"Paid\\"],\\"channel_id\\":\\"ABCDEF-A1B2C\\"}"}',
      file: 'recording.jsonl',
    },
    source: 'This program: recordings are written by whapi-hooks listen.',
  },
  'too-deep': {
    why: 'Readers that call themselves for each level run out of stack. Nothing that Whapi is known to send is nearly as deep.',
    wrong: { text: deep(250), shown: '{ "labels_removed": ["Paid"], "errors": [[[[ … 250 levels … ]]]], … }' },
    right: paid,
    source: 'This program: a limit of its own; RFC 8259, section 9, lets a reader set one.',
  },
  'number-overflow': {
    why: 'JavaScript, Python and others read it as infinity, which no comparison and no database takes well, and which JSON cannot write again.',
    wrong: body('channel.patch', '"qr": { "status": "TIMEOUT", "expire": 1e999 }'),
    right: body('channel.patch', '"qr": { "status": "TIMEOUT", "expire": 20 }'),
    source: 'JSON itself: RFC 8259, section 6.',
  },
  'duplicate-key': {
    why: 'Most readers keep the last of the two, some the first. What you see in the file is then not what your handler gets.',
    wrong: body('presences.post', '"presences": [{ "contact_id": "99900011122", "status": "typing", "status": "online" }]'),
    right: body('presences.post', '"presences": [{ "contact_id": "99900011122", "status": "typing" }]'),
    source: 'JSON itself: RFC 8259, section 4.',
  },
  'byte-order-mark': {
    why: 'JSON.parse and others refuse the invisible mark that some editors put in front. Save the file as UTF-8 without it.',
    wrong: { text: `\ufeff${paid.text}`, shown: '\\ufeff{ "labels_removed": ["Paid"], … }' },
    right: paid,
    source: 'JSON itself: RFC 8259, section 8.1.',
  },
  'unsafe-key': {
    why: 'Code that copies members from one object into another changes the prototype of all objects by it. It is how attacks look; Whapi sends no such key.',
    wrong: body('labels.delete', '"labels_removed": ["Paid"]', '"__proto__": { "admin": true }'),
    right: paid,
    source: 'JavaScript: ECMA-262, annex B.2.2.1 (Object.prototype.__proto__).',
  },
  'lone-surrogate': {
    why: 'It is no character. Databases refuse it and encoders put � in its place; mostly a text was cut in the middle of an emoji.',
    wrong: body('labels.delete', '"labels_removed": ["Paid \\ud83d"]'),
    right: body('labels.delete', '"labels_removed": ["Paid \\ud83d\\ude00"]'),
    source: 'JSON itself: RFC 8259, section 8.2.',
  },
  'more-findings': {
    why: 'One body has so many findings that the list was cut. Mend what is listed and check again.',
    wrong: {
      text: body('labels.delete', `"labels_removed": [${numbers}]`).text,
      shown: body('labels.delete', '"labels_removed": [1, 2, 3, … 1500]').text,
    },
    right: paid,
    source: SOURCES.ours,
  },
} as const satisfies Partial<Record<Rule, Explanation>>;
