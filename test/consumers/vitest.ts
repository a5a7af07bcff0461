import { expect, test } from 'vitest';
import { build } from 'whapi-hooks/testing';
import 'whapi-hooks/testing/vitest';

test('toBeWhapiEvent in Vitest', async () => {
  const event = build('messages.post', 'text', { from_name: 'Ann' });
  expect(event).toBeWhapiEvent();
  expect(event).toBeWhapiEvent('messages.post');
  expect(event).not.toBeWhapiEvent('messages.put');
  expect({ event }).toEqual({ event: expect.toBeWhapiEvent('messages.post') });
  await expect(Promise.resolve(event)).resolves.toBeWhapiEvent('messages.post');
  // @ts-expect-error: there is no such event
  expect(() => expect(event).toBeWhapiEvent('messages.get')).toThrow('did you mean');
});
