import type { Ledger, Marks } from './calls.ts';

/** The calls that some deliveries cause. */
export interface Tally {
  /** Those that name one of its deliveries, however late they come, and those that name none at all and came while it was open. */
  calls(): number;
  /** Those that name one of its deliveries. */
  named(): number;
  /** Later deliveries are none of its own. */
  close(): void;
}

/** Keeps apart what each delivery causes: events of a check have chats and ids of their own, and most calls name one. */
export interface Tallies {
  /** A delivery goes out. */
  begin(marks: Marks): void;
  /** Opens one for the deliveries that go out from now on. */
  open(): Tally;
}

/** @param ledger it is told of every call; undefined where none are counted */
export const createTallies = (ledger: Ledger | undefined): Tallies => {
  let next = 0;
  return {
    // No delivery is ever over: a call that comes late must not be taken for one that a later delivery causes.
    begin: (marks) => ledger?.begin(next++, marks),
    open() {
      const from = next;
      const before = ledger?.unassigned ?? 0;
      let to: number | undefined;
      let nameless: number | undefined;
      const named = (): number => {
        let calls = 0;
        for (let key = from; key < (to ?? next); key++) calls += ledger?.count(key) ?? 0;
        return calls;
      };
      return {
        named,
        calls: () => named() + (nameless ?? ledger?.unassigned ?? 0) - before,
        close() {
          to ??= next;
          nameless ??= ledger?.unassigned ?? 0;
        },
      };
    },
  };
};
