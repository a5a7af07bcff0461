import { readdirSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { getLanguageService, type JSONSchema, TextDocument } from 'vscode-json-languageservice';
import { CATEGORIES, EVENT_NAMES, entryOf, METHODS } from '../src/event/name.ts';
import { MESSAGE_TYPES } from '../src/generated/catalogue.ts';
import { read, SAMPLES } from './support/samples.ts';

/** What VS Code does with JSON files, without VS Code. */
const schema = JSON.parse(read('dist', 'fixtures.schema.json')) as JSONSchema & { $id: string };
const service = getLanguageService({
  schemaRequestService: (url) => Promise.reject(new Error(`The schema asks for ${url}`)),
});
service.configure({ validate: true, schemas: [{ uri: schema.$id, fileMatch: ['*'], schema }] });

/** A text with the cursor at `|`. */
const open = (text: string) => {
  const at = text.indexOf('|');
  const document = TextDocument.create('file:///fixtures.json', 'json', 1, at === -1 ? text : text.slice(0, at) + text.slice(at + 1));
  return { document, json: service.parseJSONDocument(document), position: document.positionAt(Math.max(0, at)) };
};

const completions = async (text: string): Promise<string[]> => {
  const { document, json, position } = open(text);
  const list = await service.doComplete(document, position, json);
  return (list?.items ?? []).map(({ label }) => (label.startsWith('"') ? (JSON.parse(label) as string) : label)); // a string in quotes
};

const hover = async (text: string): Promise<string> => {
  const { document, json, position } = open(text);
  const contents = (await service.doHover(document, position, json))?.contents;
  // Markdown escapes are of no interest here.
  return [contents].flat().map(String).join('\n').replaceAll('\\', '');
};

/** What is underlined, and what is said of it. */
const diagnostics = async (text: string): Promise<string[]> => {
  const { document, json } = open(text);
  const found = await service.doValidation(document, json);
  return found.map(({ range, message }) => `${document.getText(range)}: ${message}`);
};

const event = (type: string, method: string): string => `"event": {"type": "${type}", "event": "${method}"}`;
const message = (members: string): string => `{"messages": [{${members}}], ${event('messages', 'post')}}`;
const whole = '"id": "Abc123Def456Gh-ijKL78", "chat_id": "99900011122@s.whatsapp.net", "from_me": false, "timestamp": 1750000000';

describe('the schema for editors', () => {
  it('is draft 07, complete in itself, and holds none of our keywords', () => {
    const text = JSON.stringify(schema);
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((target) => target?.startsWith('#/definitions/') !== true)).toEqual([]);
    expect(text).not.toMatch(/"(?:x-[a-z]+|\$defs|\$comment)":/);
    expect(new Ajv({ strict: false }).validateSchema(schema)).toBe(true);
  });
});

describe('completion', () => {
  it.each([
    ['categories', '{"a name": {"event": {"type": "|"}}}', [...CATEGORIES]],
    ['categories in a list', '[{"event": {"type": |}}]', [...CATEGORIES]],
    ['methods of a category', '{"event": {"type": "groups", "event": "|"}}', ['post', 'put', 'patch']],
    ['methods of a category, in the other spelling', '{"event": {"type": "users", "method": "|"}}', ['post', 'delete']],
    ['all methods, where the category is missing', '{"event": {"event": "|"}}', [...METHODS]],
    ['members of event', '{"event": {"|"}}', ['type', 'event', 'method']],
    [
      'payload keys of an event',
      `{"a name": {${event('messages', 'delete')}, "|"}}`,
      ['messages_removed', 'messages_removed_all', 'channel_id', 'errors'],
    ],
    ['message types', message('"type": "|"'), [...MESSAGE_TYPES]],
    ['message types, over one that is there', message('"type": "te|xt"'), [...MESSAGE_TYPES]],
    ['message types in mode method', '{"messages": [{"type": "|"}]}', [...MESSAGE_TYPES]],
    [
      'what is done to members of a group',
      `{"groups_participants": [{"action": "|"}], ${event('groups', 'put')}}`,
      ['add', 'remove', 'promote', 'demote', 'request', 'revoke_request', 'rejected_request', 'null'],
    ],
    [
      'status words',
      `{"statuses": [{"status": "|"}], ${event('statuses', 'post')}}`,
      ['failed', 'pending', 'sent', 'delivered', 'read', 'played', 'deleted'],
    ],
    ['true and false', message('"type": "text", "from_me": |'), ['true', 'false']],
    ['members of a text', message('"type": "text", "text": {"|"}'), expect.arrayContaining(['body', 'buttons'])],
  ])('of %s', async (_what, text, wanted) => {
    const found = await completions(text);
    if (Array.isArray(wanted)) expect([...found].sort()).toEqual([...wanted].sort());
    else expect(found).toEqual(wanted);
  });

  it('of the members of a message: those of its type', async () => {
    const found = await completions(message('"type": "text", "|"'));
    expect(found).toEqual(expect.arrayContaining(['id', 'chat_id', 'from_me', 'timestamp', 'from_name', 'context', 'text']));
    expect(found.filter((member) => ['image', 'action', 'poll', 'type'].includes(member))).toEqual([]);
  });

  it('of the members of a message without a type: all', async () => {
    const found = await completions(message('"|"'));
    expect(found).toEqual(expect.arrayContaining(['type', 'id', 'text', 'image', 'action', 'poll']));
  });

  it.each([
    ['an empty file', '{"|"}'],
    ['an entry of a map', '{"a name": {"|"}}'],
    ['an entry of a list', '[{"|"}]'],
  ])('of payload keys in %s', async (_where, text) => {
    const keys = EVENT_NAMES.flatMap((name) => entryOf(name).keys);
    expect(await completions(text)).toEqual(expect.arrayContaining([...keys, 'event', 'channel_id']));
  });
});

describe('hover', () => {
  it.each([
    ['a member', message('"type": "text", "from|_me": true'), 'True for what the channel itself sent, by phone or API.'],
    ['a member that is a shape: its own words', message('"type": "text", "chat|_id": "1@g.us"'), 'Chat the message is in; answer here.'],
    ['a message type', message('"type": "te|xt"'), 'A plain text message.'],
    ['the content', message('"type": "text", "text": {"bo|dy": "hi"}'), 'The text as it was written'],
    ['a payload key', `{"mess|ages": [], ${event('messages', 'post')}}`, 'The new messages, usually one.'],
    ['a payload key without an event', '{"groups_part|icipants": []}', 'What happened, usually one.'],
    ['event', '{"ev|ent": {"type": "groups", "event": "put"}}', 'Which event this is.'],
    ['the method', '{"event": {"type": "groups", "event": "p|ut"}}', 'Members of a group were added, removed, promoted or demoted'],
    ['channel_id', '{"channel|_id": "MANTIS-7QX2K"}', 'The channel the event is from.'],
  ])('over %s', async (_what, text, says) => {
    expect(await hover(text)).toContain(says);
  });
});

describe('diagnostics', () => {
  it.each<[string, string, string[]]>([
    [
      'wrong types',
      message('"id": "", "type": "text", "chat_id": 5, "from_me": "no", "timestamp": "1"'),
      [
        '"": String is shorter than',
        '5: Incorrect type. Expected "string"',
        '"no": Incorrect type. Expected "boolean"',
        '"1": Incorrect type. Expected "number"',
      ],
    ],
    ['a missing member', message('"type": "text", "id": "x", "chat_id": "1@g.us", "timestamp": 1'), ['{: Missing property "from_me"']],
    ['an unknown message type', message(`${whole}, "type": "txt"`), ['"txt": Value is not accepted. Valid values: "text"']],
    ['an unknown word', message(`${whole}, "type": "text", "source": "fax"`), ['"fax": Value is not accepted. Valid values: "web"']],
    ['an unknown member', message(`${whole}, "type": "text", "form_name": "Ann"`), ['"form_name": Property form_name is not allowed']],
    ['the content of another type', message(`${whole}, "type": "text", "image": {}`), ['"image": Property image is not allowed']],
    [
      'the payload key of another event',
      `{"groups": [], ${event('messages', 'post')}}`,
      ['{: Missing property "messages"', '"groups": Property groups is not allowed'],
    ],
    [
      'a payload key too many',
      `{"messages": [], "groups": [], ${event('messages', 'post')}}`,
      ['"groups": Property groups is not allowed'],
    ],
    ['an unknown category', `{"messages": [], ${event('mesages', 'post')}}`, ['"mesages": Value is not accepted. Valid values: "calls"']],
    ['the old name of a category', `{"messages": [], ${event('message', 'post')}}`, ['"message": Value is not accepted']],
    ['an unknown method', `{"messages": [], ${event('messages', 'posts')}}`, ['"posts": Value is not accepted. Valid values: "delete"']],
    ['a method of another category', `{"user": {"id": "1"}, ${event('users', 'put')}}`, ['"put": Value is not accepted']],
    ['an event without a method', '{"messages": [], "event": {"type": "messages"}}', ['"event": Missing property "event"']],
    [
      'two methods that differ',
      '{"messages": [], "event": {"type": "messages", "event": "post", "method": "put"}}',
      ['"put": Value must be "post"'],
    ],
    ['an event that is none', '{"messages": [], "event": 5}', ['5: Incorrect type. Expected "object"']],
    ['an entry that is no payload', '{"good": {"messages": []}, "bad": {"x": 1}}', ['"bad": Missing property "event"']],
    ['an entry that is no object', '[{"messages": []}, 5]', ['5: Incorrect type. Expected "object"']],
    ['a file that is no object', '5', ['5: Incorrect type. Expected "object"']],
    ['an empty map', '{}', ['{}: Object has fewer properties']],
    [
      'a word of a message inside a chat',
      `{"chats": [{"id": "1@g.us", "type": "group", "last_message": {"type": "txt"}}], ${event('chats', 'post')}}`,
      ['"txt": Value is not accepted'],
    ],
  ])('of %s, and nothing else', async (_what, text, wanted) => {
    const found = await diagnostics(text);
    expect(found).toHaveLength(wanted.length);
    for (const part of wanted) expect(found).toEqual(expect.arrayContaining([expect.stringContaining(part)]));
  });

  it.each([
    ['an empty list', '[]'],
    ['a payload without channel_id', message(`${whole}, "type": "text", "text": {"body": "hi"}`)],
    ['a message without its content', message(`${whole}, "type": "text"`)],
    ['a service event with members of its own', `{"anything": [1], ${event('service', 'put')}}`],
    ['the other spelling of the method', '{"messages": [], "event": {"type": "messages", "method": "post"}}'],
    ['both payload keys of messages.delete', '{"messages_removed": [], "messages_removed_all": "1@g.us"}'],
    ['a list of payloads with and without event', `[{"messages": []}, {"groups": [], ${event('groups', 'post')}}, {"channel_id": "X"}]`],
    ['part of a message inside a chat', `{"chats": [{"id": "1@g.us", "type": "group", "last_message": {}}], ${event('chats', 'post')}}`],
  ])('none of %s', async (_what, text) => {
    expect(await diagnostics(text)).toEqual([]);
  });

  it('none of a map that says "$schema"', async () => {
    expect(await diagnostics(`{"$schema": "${schema.$id}", "a name": {"messages": []}}`)).toEqual([]);
  });

  it.each([...new Set(SAMPLES.map(({ file }) => file))])('none in samples/%s', async (file) => {
    expect(await diagnostics(read('samples', file))).toEqual([]);
  });

  it('none in the samples without their event, as in the modes path and method', async () => {
    for (const sample of SAMPLES) {
      const { event: _event, ...payload } = sample.payload;
      // What a service event holds is not known, so nothing tells it without its name.
      if (sample.event.startsWith('service.')) continue;
      expect([sample.origin, await diagnostics(JSON.stringify(payload))]).toEqual([sample.origin, []]);
    }
  });

  it.each(readdirSync(new URL('fixtures', import.meta.url)))('none in test/fixtures/%s', async (file) => {
    expect(await diagnostics(read('test', 'fixtures', file))).toEqual([]);
  });
});
