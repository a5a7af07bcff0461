/** A body or file that shows a rule. */
export interface Example {
  /** The whole of it. */
  readonly text: string;
  /** What is printed where the whole would be too long, or would not be seen. */
  readonly shown?: string;
  /** The request line it came with. */
  readonly request?: { readonly method: string; readonly url: string };
  /** It is a file of that name, and the rule is about files. */
  readonly file?: string;
  /** Written in another encoding than UTF-8. */
  readonly encoding?: 'latin1';
}

/** What there is to say about a rule. */
export interface Explanation {
  /** Why it matters, in up to three sentences. */
  readonly why: string;
  readonly wrong: Example;
  readonly right: Example;
  /** Where the fact comes from. */
  readonly source: string;
}

/** A body in mode body: the event, and members as they are written in JSON, one a line. */
export const body = (event: string, ...members: readonly string[]): Example => {
  const [type = '', method = ''] = event.split('.');
  return raw(...members, `"event": { "type": "${type}", "event": "${method}" }`, '"channel_id": "ABCDEF-A1B2C"');
};

/** A body of these members alone. */
export const raw = (...members: readonly string[]): Example => ({ text: `{\n${members.map((line) => `  ${line}`).join(',\n')}\n}` });

/** A body of messages.post with one message: the members that every message has, and some more. */
export const message = (...members: readonly string[]): Example => {
  const all = ['"from_me": false', '"chat_id": "99900011122@s.whatsapp.net"', ...members];
  const first = members.some((line) => line.startsWith('"id"')) ? [] : ['"id": "Abc123Def456Gh-ijKL78"'];
  const last = members.some((line) => line.startsWith('"timestamp"')) ? [] : ['"timestamp": 1750000000'];
  const lines = [...first, ...all, ...last].map((line) => `    ${line}`).join(',\n');
  return body('messages.post', `"messages": [{\n${lines}\n  }]`);
};

export const SOURCES = {
  json: 'JSON itself: RFC 8259.',
  openapi: 'Whapi’s official OpenAPI document.',
  openapiAndTraffic: 'Whapi’s official OpenAPI document, corrected by examples on its help pages and by captured traffic.',
  ours: 'This program: a limit of its own.',
} as const;
