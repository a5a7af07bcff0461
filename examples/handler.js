// A small webhook handler: answers at once, then works. Start it with: PORT=3000 node examples/handler.js
import { createServer } from 'node:http';

const seen = new Set();

/** What your bot does. It runs after the answer, so that slow work causes no second delivery. */
const work = (payload) => {
  for (const message of payload.messages ?? []) {
    if (message.from_me || seen.has(message.id)) continue; // our own messages come too, and some come twice
    seen.add(message.id);
    console.log(`handler: ${message.type} from ${message.from_name ?? message.from}`);
  }
};

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    let payload;
    try {
      payload = JSON.parse(Buffer.concat(chunks).toString());
    } catch {
      response.writeHead(400).end('not JSON');
      return;
    }
    response.writeHead(200).end('ok');
    setImmediate(work, payload);
  });
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`handler: listening on http://127.0.0.1:${server.address().port}`);
});
