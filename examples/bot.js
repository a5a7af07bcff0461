// What the bot does, whatever server stands in front of it: it answers text messages through the Whapi.Cloud API.
import { timingSafeEqual } from 'node:crypto';

/**
 * Ids that were handled. In memory they are gone after a restart: in production a table with a unique key does the
 * same (`INSERT … ON CONFLICT DO NOTHING` and a look at the number of rows).
 */
export const createStore = () => {
  const ids = new Set();
  return {
    /** Whether nobody was here with this id before. It is remembered at once, before any work, so that two at a time are told apart. */
    isFirst: (id) => {
      if (ids.has(id)) return false;
      ids.add(id);
      return true;
    },
  };
};

/** Sends a text. @returns the id of the message that was sent */
export const createApi = ({ url, token }) => ({
  async sendText(to, body, quoted) {
    const answer = await fetch(`${url}/messages/text`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ to, body, quoted }),
    });
    if (!answer.ok) throw new Error(`POST /messages/text: ${answer.status}`);
    const { message } = await answer.json();
    return message.id;
  },
});

/** What the bot says to a message; undefined where it says nothing. Types it does not know are none of its business. */
const replyTo = (message) => {
  if (message.type === 'text') return `You wrote: ${message.text?.body ?? ''}`;
  if (message.type === 'image') return 'What a picture!';
  return undefined;
};

/**
 * @param payload the body of a webhook, parsed; nothing is taken for granted of it
 */
export const createBot = ({ api, store = createStore(), reply = replyTo }) => ({
  async handle(payload) {
    // New messages come as messages.post. messages.put tells one again, after an edit: its id is known then.
    for (const message of Array.isArray(payload?.messages) ? payload.messages : []) {
      if (message.from_me) continue; // what we sent ourselves comes as well
      const text = reply(message);
      if (text === undefined) continue;
      if (!store.isFirst(message.id)) continue; // what was not answered in time comes again
      await api.sendText(message.chat_id, text, message.id);
    }
  },
});

/** Whether a request brings the secret: compared in constant time; without a secret everybody may come. */
export const hasSecret = (secret, given) => {
  if (secret === undefined) return true;
  const [wanted, got] = [Buffer.from(secret), Buffer.from(String(given ?? ''))];
  return wanted.length === got.length && timingSafeEqual(wanted, got);
};

/** All verbs that Whapi sends: mode body and path use POST alone, mode method all four. */
export const VERBS = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** Bodies hold previews and QR codes as base64: the usual 100 kB are too little. */
export const MOST_BYTES = 5_000_000;

/** The bot and the secret as the environment says: API_URL, API_TOKEN, WEBHOOK_SECRET. */
export const fromEnvironment = ({ API_URL = 'https://gate.whapi.cloud', API_TOKEN = '', WEBHOOK_SECRET } = process.env) => ({
  bot: createBot({ api: createApi({ url: API_URL, token: API_TOKEN }) }),
  secret: WEBHOOK_SECRET,
});

/** Work that goes on after the answer: what goes wrong in it is told, and ends nothing. */
export const inBackground = (work) => {
  setImmediate(() => work().catch((error) => console.error(`bot: ${error.message}`)));
};

/** Listens on PORT and says where. */
export const listen = (server) => {
  server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
    console.log(`bot: listening on http://127.0.0.1:${server.address().port}/webhook`);
  });
};
