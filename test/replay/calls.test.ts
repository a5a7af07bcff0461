import { describe, expect, it } from 'vitest';
import { type Call, createLedger, marksOf } from '../../src/replay/calls.ts';

const call = (to: string | null, quoted: string | null = null): Call => ({ what: 'POST /messages/text', to, quoted });
const marks = (chat: string, id: string) => ({ chats: [chat], ids: [id] });

describe('calls of a handler', () => {
  it('belong to the only delivery under way, whatever chat they go to', () => {
    const ledger = createLedger();
    ledger.begin(1, marks('a@g.us', 'm1'));
    expect(ledger.take(call('elsewhere@g.us'))).toBe(1);
    expect(ledger.count(1)).toBe(1);
    expect(ledger.end(1)).toBe(1);
    expect(ledger.count(1)).toBe(0);
  });

  it('belong, of several, to the one whose message they quote, then to the latest of their chat', () => {
    const ledger = createLedger();
    ledger.begin(1, marks('a@g.us', 'm1'));
    ledger.begin(2, marks('b@g.us', 'm2'));
    ledger.begin(3, marks('b@g.us', 'm3'));
    expect(ledger.take(call('b@g.us', 'm2'))).toBe(2);
    expect(ledger.take(call('b@g.us'))).toBe(3);
    expect(ledger.take(call(null, 'm1'))).toBe(1);
    expect([ledger.end(1), ledger.end(2), ledger.end(3)]).toEqual([1, 1, 1]);
    expect(ledger).toMatchObject({ calls: 3, unassigned: 0, late: 0 });
  });

  it('are unassigned where nothing tells, and late where what they quote is over', () => {
    const ledger = createLedger();
    expect(ledger.take(call('a@g.us'))).toBeNull();
    ledger.begin(1, marks('a@g.us', 'm1'));
    ledger.begin(2, marks('b@g.us', 'm2'));
    expect(ledger.take(call('c@g.us'))).toBeNull();
    ledger.end(1);
    expect(ledger.take(call('a@g.us', 'm1'))).toBeNull();
    expect(ledger.end(2)).toBe(0);
    expect(ledger).toMatchObject({ calls: 3, unassigned: 2, late: 1 });
  });

  it('of two copies of a delivery count for the copy that is under way', () => {
    const ledger = createLedger();
    ledger.begin(1, marks('a@g.us', 'm1'));
    ledger.end(1);
    ledger.begin(2, marks('a@g.us', 'm1'));
    expect(ledger.take(call('a@g.us', 'm1'))).toBe(2);
    expect(ledger.late).toBe(0);
  });

  it('are told apart by what any payload names, however odd it is', () => {
    expect(marksOf({ messages: [{ id: 'm1', chat_id: 'a@g.us' }, { id: 7 }, null], channel_id: 'X' })).toEqual({
      chats: ['a@g.us'],
      ids: ['m1'],
    });
    for (const odd of [null, 1, [], 'x', { messages: {} }]) expect(marksOf(odd)).toEqual({ chats: [], ids: [] });
  });
});
