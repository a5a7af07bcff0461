import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { send } from './http.ts';

/** A webhook as a handler of a test gets it. */
export interface Hook {
  readonly method: string;
  readonly url: string;
  readonly size: number;
  readonly payload: {
    readonly messages?: readonly {
      readonly id: string;
      readonly type: string;
      readonly chat_id: string;
      readonly from_me: boolean;
      readonly timestamp: number;
    }[];
    readonly statuses?: readonly { readonly id: string }[];
    readonly event?: { readonly type: string; readonly event: string };
  };
  readonly response: ServerResponse;
}

/** A handler in the process of the test: what it does is one function, which has to answer. */
export const startHandler = async (
  onHook: (hook: Hook) => void,
  onRequest: (request: IncomingMessage) => void = () => {},
): Promise<{ readonly url: string; readonly hooks: Hook[]; close(): Promise<void> }> => {
  const hooks: Hook[] = [];
  const server = createServer((request, response) => {
    onRequest(request);
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const payload = JSON.parse(body.toString()) as Hook['payload'];
      const hook = { method: request.method ?? '', url: request.url ?? '', size: body.length, payload, response };
      hooks.push(hook);
      onHook(hook);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, hooks, close };
};

/** A call to the API, as a handler makes it. */
export const sendText = (apiPort: number, to: string, quoted?: string, token = 'Bearer t'): Promise<unknown> =>
  send(`http://127.0.0.1:${apiPort}/messages/text`, JSON.stringify({ to, body: 'hi', quoted }), {
    headers: { authorization: token, 'content-type': 'application/json' },
  }).catch(() => undefined);

/** Whether somebody else wrote a text in it that no one has seen, and remembers it. */
export const newText = (
  seen: Set<string>,
  { payload }: Pick<Hook, 'payload'>,
): { readonly id: string; readonly chat_id: string } | undefined => {
  const text = payload.messages?.find(({ type, from_me: mine }) => type === 'text' && !mine);
  if (text === undefined || seen.has(text.id)) return undefined;
  seen.add(text.id);
  return text;
};
