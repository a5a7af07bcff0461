import type whapi = require('whapi-hooks');
import testing = require('whapi-hooks/testing');

const event: whapi.MessagesPostEvent = testing.build('messages.post', 'image', { from_name: 'Ann' });
const names: string[] = Object.keys(testing.samples('users.delete'));
console.log(JSON.stringify({ type: event.messages[0]?.type, pass: testing.matchers.toBeWhapiEvent(event, 'messages.post').pass, names }));
