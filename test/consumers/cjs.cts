import whapi = require('whapi-hooks');

const payload: unknown = { user: { id: '99900011122', name: 'Ann' }, event: { type: 'users', event: 'post' }, channel_id: 'ABCDEF-A1B2C' };
if (whapi.isEvent(payload, 'users.post')) {
  const user: whapi.UsersPostEvent['user'] = payload.user;
  console.log(
    JSON.stringify({
      names: whapi.EVENT_NAMES.length,
      id: user.id,
      wrong: whapi.isEvent(payload, 'users.delete'),
      none: whapi.parse('').verdict,
    }),
  );
}
