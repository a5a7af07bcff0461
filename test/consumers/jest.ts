import { build } from 'whapi-hooks/testing';
import 'whapi-hooks/testing/jest';

test('toBeWhapiEvent in Jest', async () => {
  const event = build('messages.post', 'text', { from_name: 'Ann' });
  expect(event).toBeWhapiEvent();
  expect(event).toBeWhapiEvent('messages.post');
  expect(Buffer.from(JSON.stringify(event))).toBeWhapiEvent('messages.post');
  expect(event).not.toBeWhapiEvent('messages.put');
  await expect(Promise.resolve(event)).resolves.toBeWhapiEvent('messages.post');
  // @ts-expect-error: there is no such event
  expect(() => expect(event).toBeWhapiEvent('messages.get')).toThrow('did you mean');
});
