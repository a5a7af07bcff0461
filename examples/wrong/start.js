// Starts a wrong bot: PORT=3000 API_TOKEN=… WEBHOOK_SECRET=… node examples/wrong/start.js acts-twice express
import { createApi, createBot, fromEnvironment, listen } from '../bot.js';

const [defect, server] = process.argv.slice(2);
const { bot = {}, around = (right) => right, server: options = {} } = await import(`./${defect}.js`);
const { createHandler } = await import(`../${server}.js`);
const { API_URL, API_TOKEN } = process.env;
const api = createApi({ url: API_URL, token: API_TOKEN });
listen(await createHandler({ ...fromEnvironment(), bot: around(createBot({ api, ...bot })), ...options }));
