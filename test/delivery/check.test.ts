/** Where a check says that something is wrong: every broken file of the table, to the line and column. */
import { describe, expect, it } from 'vitest';
import { checkEntry, eventOfFile } from '../../src/delivery/check.ts';
import { readDocument } from '../../src/delivery/document.ts';
import { BROKEN } from '../support/broken.ts';

/** `line:column severity rule pointer` of each finding, with the cause of what is not JSON. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'an empty file': ['1:1 error empty-body -'],
  'white space alone': ['1:1 error empty-body -'],
  'a comma before a bracket': ['11:28 error not-json - a comma before the closing bracket'],
  'a single quote': ['6:7 error not-json - a single quote, where JSON has double quotes'],
  'a comment': ['5:7 error not-json - a comment, which JSON does not have'],
  'an unterminated string': ['7:18 error not-json - a string without its closing quote'],
  'a missing comma': ['9:7 error not-json - a comma is expected'],
  'a missing colon': ['9:16 error not-json - a colon is expected'],
  'a key without quotes': ['9:7 error not-json - a word or sign that JSON does not have'],
  'a cut-off file': ['7:18 error not-json - a string without its closing quote'],
  'a second document': ['17:1 error not-json - more stands after the end of the document'],
  NaN: ['8:20 error not-json - NaN, which JSON does not have'],
  'a word of Python': ['5:18 error not-json - False, which JSON does not have'],
  'a malformed escape': ['10:25 error not-json - a malformed escape'],
  'a control character in a string': ['10:25 error not-json - a control character inside a string'],
  'a number with a leading zero': ['8:21 error not-json - a comma is expected'],
  HTML: ['1:1 error not-json - it looks like HTML or XML'],
  'a form': ['1:1 error not-json - it looks like a form (name=value)'],
  'UTF-16': ['1:1 error bad-encoding -'],
  'bytes that are not UTF-8': ['1:1 error bad-encoding -'],
  'a byte order mark': ['1:1 warning byte-order-mark -'],
  'a number that overflows': ['8:20 error number-overflow /messages/0/timestamp'],
  'too deep a nesting': ['1:1 error too-deep -'],
  'a key twice': ['10:7 warning duplicate-key /messages/0/source'],
  'an unsafe key': ['10:7 warning unsafe-key /messages/0/__proto__'],
  'half of a character': ['10:25 warning lone-surrogate /messages/0/text/body'],
  'another JSON': ['1:1 error not-payload -'],
  'a string on top': ['1:1 error not-payload -'],
  'null on top': ['1:1 error not-payload -'],
  'a map with a stranger in it': ['3:3 error not-payload -'],
  'a map with a name twice': ['3:3 warning duplicate-key -'],
  'a list with a stranger in it': ['3:3 error not-object -'],
  'the second payload of a list': ['3:24 error wrong-type /labels_removed/0'],
  'the second payload of a map': ['3:31 error wrong-type /labels_removed/0'],
  'no event': ['1:1 error event-missing /event'],
  'no event, named by the file': [],
  'event is a word': ['14:12 error event-malformed /event'],
  'event without type': ['14:12 error event-malformed /event/type'],
  'event without method': ['14:12 error event-malformed /event/event'],
  'event says two things': ['14:61 error event-conflict /event/method'],
  'an unknown member of event': ['14:51 warning unknown-member /event/id'],
  'an unknown category': ['14:22 error unknown-category /event/type'],
  'an old category': ['14:22 warning deprecated-category /event/type'],
  'an unknown method': ['14:43 error unknown-method /event/event'],
  'a method of another category': ['14:40 error unknown-method /event/event'],
  'the payload key of another event': ['1:1 error payload-foreign /messages_updates'],
  'no payload key': ['2:22 error unknown-category /event/type'],
  'a second payload key': ['15:3 warning payload-extra /groups'],
  'an unknown member of the payload': ['15:3 warning unknown-member /chanel'],
  'errors that are no list': ['15:13 error wrong-type /errors'],
  'no channel_id': ['1:1 warning missing-recommended /channel_id'],
  'an empty channel_id': ['15:17 warning odd-id /channel_id'],
  'a channel_id that is a number': ['15:17 error wrong-type /channel_id'],
  'a missing member': ['3:5 error missing-member /messages/0/chat_id'],
  'another type': ['5:18 error wrong-type /messages/0/from_me'],
  'an unknown word': ['9:17 warning unknown-word /messages/0/source'],
  'an unknown message type': ['6:15 warning unknown-word /messages/0/type'],
  'an unknown member of a message': ['10:7 warning unknown-member /messages/0/shiny'],
  'an empty message id': ['4:13 error empty-id /messages/0/id'],
  'an odd chat id': ['7:18 warning odd-id /messages/0/chat_id'],
  'an odd sender': ['11:15 warning odd-id /messages/0/from'],
  milliseconds: ['8:20 warning odd-time /messages/0/timestamp'],
  'no content': ['3:5 warning missing-content /messages/0/text'],
  'content of another type': ['10:33 warning foreign-content /messages/0/poll'],
  'content with another type in it': ['10:25 error wrong-type /messages/0/text/body'],
  'a member missing in the content': ['10:15 error missing-member /messages/0/text/body'],
  'columns behind signs of two units': ['10:34 warning unknown-member /messages/0/😀'],
  'Windows line ends': ['5:18 error wrong-type /messages/0/from_me'],
  'a place off the globe': ['1:134 warning out-of-range /messages/0/location/latitude'],
  'a status that contradicts its code': ['1:33 warning code-disagrees /statuses/0/code'],
  'a status time in words': ['1:63 warning odd-time /statuses/0/timestamp'],
  'a call in seconds': ['1:51 warning odd-time /calls/0/timestamp'],
  'a reply of the other kind': [
    '1:108 warning reply-branch /messages/0/reply/list_reply',
    '1:137 warning reply-branch /messages/0/reply/buttons_reply',
  ],
  'the third line of NDJSON': ['3:20 error wrong-type /labels_removed/0'],
  'a line that is cut off': ['2:31 error not-json - it is cut off'],
  'an empty file of lines': ['1:1 error empty-body -'],
  'a recorded body': ['2:1 error wrong-type /labels_removed/0'],
  'a record of another version': ['2:1 error not-record -'],
  'a payload among records': ['2:1 error not-record -'],
};

const found = (file: string, content: string | Uint8Array): string[] => {
  const { entries, problems } = readDocument(file, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  const placed = [...problems, ...entries.flatMap((entry) => checkEntry(entry, eventOfFile(file)).placed())];
  return placed.map(({ line, column, finding }) => {
    const cause = finding.rule === 'not-json' ? ` ${finding.found}` : '';
    return `${line}:${column} ${finding.severity} ${finding.rule} ${finding.pointer || '-'}${cause}`;
  });
};

describe('a broken file', () => {
  it('is in the table at least sixty times', () => {
    expect(BROKEN.length).toBeGreaterThanOrEqual(60);
    expect(Object.keys(EXPECTED)).toEqual(BROKEN.map(([what]) => what));
  });

  it.each(BROKEN)('with %s is told at its place', (what, file, content) => {
    expect(found(file, content)).toEqual(EXPECTED[what]);
  });
});

describe('the name of a file', () => {
  it.each([
    ['groups.put.added.json', 'groups.put'],
    ['fixtures/calls.post.json', 'calls.post'],
    ['C:\\fixtures\\users.delete.x.json', 'users.delete'],
    ['service.patch.json', 'service.patch'],
    ['groups.json', undefined],
    ['groups.putt.json', undefined],
    ['my.groups.put.json', undefined],
    ['groups.put/one.json', undefined],
  ])('%s names %s', (file, event) => {
    expect(eventOfFile(file)).toBe(event);
  });

  it('names bodies that name no event; others say it themselves', () => {
    const entry = (text: string) => ({ name: null, body: new TextEncoder().encode(text), line: 1, column: 1 });
    const unnamed = '{"labels_removed":[],"channel_id":"A-1"}';
    expect(checkEntry(entry(unnamed), 'labels.delete').event).toBe('labels.delete');
    expect(checkEntry(entry('{"calls":[],"event":{"type":"calls","event":"post"}}'), 'labels.delete').event).toBe('calls.post');
    expect(checkEntry(entry(unnamed), undefined).findings[0]?.message).toMatch(/--as <event>.*name of the file.*recording/);
  });
});
