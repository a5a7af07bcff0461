// The bot behind plain node:http. Start it with: PORT=3000 API_TOKEN=… WEBHOOK_SECRET=… node examples/node-http.js
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { fromEnvironment, hasSecret, inBackground, listen, MOST_BYTES, VERBS } from './bot.js';

export const createHandler = ({ bot, secret, verbs = VERBS, run = inBackground }) =>
  createServer((request, response) => {
    const say = (status, text) => response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    // Mode path appends /messages/post, mode method /messages.
    if (!/^\/webhook(?:\/|\?|$)/.test(request.url)) return say(404, 'not here');
    if (!verbs.includes(request.method)) return say(405, 'not this verb');
    if (!hasSecret(secret, request.headers['x-webhook-secret'])) return say(401, 'who are you?');
    const chunks = [];
    let size = 0;
    request.on('error', () => {}); // the sender went away in the middle, and will come again
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size <= MOST_BYTES) chunks.push(chunk);
    });
    request.on('end', async () => {
      if (size > MOST_BYTES) return say(413, 'too large');
      let payload;
      try {
        payload = JSON.parse(Buffer.concat(chunks).toString());
      } catch {
        return say(400, 'not JSON');
      }
      await run(() => bot.handle(payload)); // in the background: it is answered before any work
      say(200, 'ok');
    });
  });

if (import.meta.url === pathToFileURL(process.argv[1]).href) listen(createHandler(fromEnvironment()));
