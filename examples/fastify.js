// The bot behind Fastify. Start it with: PORT=3000 API_TOKEN=… WEBHOOK_SECRET=… node examples/fastify.js
import { pathToFileURL } from 'node:url';
import fastify from 'fastify';
import { fromEnvironment, hasSecret, inBackground, listen, MOST_BYTES, VERBS } from './bot.js';

export const createHandler = async ({ bot, secret, verbs = VERBS, run = inBackground }) => {
  const app = fastify({ bodyLimit: MOST_BYTES });
  app.addHook('onRequest', async (request, reply) => {
    if (!hasSecret(secret, request.headers['x-webhook-secret'])) await reply.code(401).send('who are you?');
  });
  const handler = async (request) => {
    await run(() => bot.handle(request.body)); // in the background: it is answered before any work
    return 'ok';
  };
  // Mode path appends /messages/post, mode method /messages.
  for (const url of ['/webhook', '/webhook/*']) app.route({ method: verbs, url, handler });
  await app.ready();
  return app.server;
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) listen(await createHandler(fromEnvironment()));
