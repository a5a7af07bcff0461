// The bot behind Express. Start it with: PORT=3000 API_TOKEN=… WEBHOOK_SECRET=… node examples/express.js
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import express from 'express';
import { fromEnvironment, hasSecret, inBackground, listen, MOST_BYTES, VERBS } from './bot.js';

export const createHandler = ({ bot, secret, verbs = VERBS, run = inBackground }) => {
  const app = express();
  // Mode path appends /messages/post, mode method /messages: `use` takes all that stands below.
  app.use('/webhook', (request, response, next) => {
    if (!verbs.includes(request.method)) response.status(405).send('not this verb');
    else if (!hasSecret(secret, request.get('x-webhook-secret'))) response.status(401).send('who are you?');
    else next();
  });
  app.use('/webhook', express.json({ limit: MOST_BYTES }), async (request, response) => {
    await run(() => bot.handle(request.body)); // in the background: it is answered before any work
    response.send('ok');
  });
  // Four parameters make it the one that is told of errors; a body that is not JSON comes here with status 400.
  app.use((error, _request, response, _next) => response.status(error.status ?? 500).send('no'));
  return createServer(app);
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) listen(createHandler(fromEnvironment()));
