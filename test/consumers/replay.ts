import { type MessagesPostEvent, type ReplayCall, ReplayError, type ReplayResult, replay } from 'whapi-hooks';

const payload: MessagesPostEvent = { messages: [], event: { type: 'messages', event: 'post' }, channel_id: 'ABCDEF-A1B2C' };
const call: ReplayCall = {
  to: process.env['APP'] ?? '',
  sources: ['samples/groups.json'],
  payloads: [payload, '{', new Uint8Array([123]), { method: 'POST', url: '/messages/post', body: payload }],
  expect: ['status=200', 'time<60s'],
  duplicate: '10%:5ms',
  delay: 1,
  headers: { 'X-Run': ['1', '2'] },
  signal: new AbortController().signal,
  onResult: ({ number, status }) => number > 0 && status,
};
const result: ReplayResult = await replay(call);
const first: number | undefined = result.results[0]?.status;
const again: string | undefined = result.failures[0]?.example.again;
const ending: 'done' | 'failures' | 'unreachable' | 'interrupted' = result.ending;
const late: number | undefined = result.faults.late;
// @ts-expect-error: there is no such option
export const mistyped = (): Promise<ReplayResult> => replay({ concurency: 4 });
// @ts-expect-error: a number is no list of expectations
export const wrong = (): Promise<ReplayResult> => replay({ expect: 5 });
const refused = await replay({ payloads: [payload], concurrency: 0 }).catch((error: unknown) => error);
console.log(
  JSON.stringify({
    ok: result.ok,
    sent: result.sent > 20,
    first,
    again: again === undefined,
    ending,
    late: late === undefined,
    refused: refused instanceof ReplayError ? refused.exitCode : refused,
  }),
);
