import whapi = require('whapi-hooks');

const light = Object.keys(require.cache).filter((file) => /node_modules.whapi-hooks/.test(file)).length;
const call: whapi.ReplayCall = { to: process.env['APP'] ?? '', sources: ['groups'], expect: ['status=200', 'time<60s'] };
whapi.replay(call).then(({ ok, sent }: whapi.ReplayResult) => {
  console.log(JSON.stringify({ light, ok, sent }));
});
