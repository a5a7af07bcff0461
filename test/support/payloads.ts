/** A valid text message, with other members over it. */
export const message = (text: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  id: 'Abc123Def456Gh-ijKL78',
  from_me: false,
  type: 'text',
  chat_id: '99900011122@s.whatsapp.net',
  timestamp: 1719195391,
  source: 'mobile',
  text: { body: text },
  from: '99900011122',
  from_name: 'Nadir',
  ...more,
});

/** The payload of messages.post without its name, as the modes path and method send it. */
export const unnamed = (text: string): string => JSON.stringify({ messages: [message(text)], channel_id: 'JZGNAY-C53WG' });

/** The payload of messages.post as mode body sends it. */
export const named = (text: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    messages: [message(text, more)],
    event: { type: 'messages', event: 'post' },
    channel_id: 'JZGNAY-C53WG',
  });

/** The payload of statuses.post as mode body sends it. */
export const delivered = JSON.stringify({
  statuses: [
    {
      id: 'Abc123Def456Gh-ijKL78',
      code: 3,
      status: 'delivered',
      recipient_id: '99900011122@s.whatsapp.net',
      timestamp: '1719195391',
    },
  ],
  event: { type: 'statuses', event: 'post' },
  channel_id: 'JZGNAY-C53WG',
});

/** The records of a text that holds one a line. */
export const records = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
