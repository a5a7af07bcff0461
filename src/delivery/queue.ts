/** First in, first out, at constant cost. A class, since there is one for each chat: its functions are made once. */
class Line<Item> {
  private items: (Item | undefined)[] = [];
  private head = 0;

  push(item: Item): void {
    this.items.push(item);
  }

  shift(): Item | undefined {
    const { items, head } = this;
    if (head === items.length) return undefined;
    const item = items[head];
    items[head] = undefined; // what has left must not be held
    this.head++;
    if (this.head > 1024 && this.head * 2 > items.length) {
      this.items = items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  get size(): number {
    return this.items.length - this.head;
  }
}

/** Something that waits, and the chat it belongs to; without one it is a barrier. */
interface Waiting<Item> {
  readonly item: Item;
  readonly chat: string | undefined;
}

/** Deliveries between two barriers: a line for each chat, and the chats of which none is under way. */
interface Stretch<Item> {
  readonly lines: Map<string, Line<Item>>;
  readonly ready: Line<string>;
  /** Items that wait or are under way. */
  open: number;
}

/** Something that is under way. */
export interface Turn<Item> {
  readonly item: Item;
  /** It no longer is. */
  done(): void;
}

/** Decides what is sent next. It holds no clock and sends nothing. */
export interface Queue<Item> {
  /** @param chat undefined makes it a barrier: it waits for what came before and holds what comes after */
  push(item: Item, chat: string | undefined): void;
  /** The next item that may be under way now; undefined where all must wait. */
  next(): Turn<Item> | undefined;
  /** Items that wait. */
  readonly waiting: number;
  /** Items that are under way. */
  readonly running: number;
  /** Takes out all that waits. */
  drain(): Item[];
}

/**
 * The order in which deliveries go to one endpoint: those of one chat one after the other as they came, different
 * chats up to `concurrency` at once. With a concurrency of 1 that is the plain order of arrival.
 */
export const createQueue = <Item>(concurrency: number): Queue<Item> => {
  const parts = new Line<Waiting<Item> | Stretch<Item>>();
  /** What the front of `parts` was; it is worked on until nothing of it is open. */
  let current: Stretch<Item> | undefined;
  /** The stretch that chats are added to, as long as no barrier came behind it. */
  let last: Stretch<Item> | undefined;
  let waiting = 0;
  let running = 0;

  const addTo = (stretch: Stretch<Item>, item: Item, chat: string): void => {
    const line = stretch.lines.get(chat);
    stretch.open++;
    if (line !== undefined) line.push(item);
    else {
      const made = new Line<Item>();
      made.push(item);
      stretch.lines.set(chat, made);
      stretch.ready.push(chat);
    }
  };

  class Started implements Turn<Item> {
    readonly item: Item;
    private readonly stretch: Stretch<Item> | undefined;
    private readonly chat: string;
    private over = false;

    /** @param stretch undefined for what stands between two of them */
    constructor(item: Item, stretch?: Stretch<Item>, chat = '') {
      this.item = item;
      this.stretch = stretch;
      this.chat = chat;
      waiting--;
      running++;
    }

    done(): void {
      if (this.over) return;
      this.over = true;
      running--;
      const { stretch, chat } = this;
      if (stretch === undefined) return;
      stretch.open--;
      if ((stretch.lines.get(chat)?.size ?? 0) > 0) stretch.ready.push(chat);
      else stretch.lines.delete(chat);
    }
  }

  return {
    push(item, chat) {
      waiting++;
      // One at a time needs no lines for chats.
      if (chat === undefined || concurrency === 1) {
        last = undefined;
        parts.push({ item, chat });
        return;
      }
      if (last === undefined) {
        last = { lines: new Map(), ready: new Line(), open: 0 };
        parts.push(last);
      }
      addTo(last, item, chat);
    },
    next() {
      if (current?.open === 0) {
        if (current === last) last = undefined;
        current = undefined;
      }
      if (current === undefined) {
        if (running > 0) return undefined;
        const part = parts.shift();
        if (part === undefined) return undefined;
        if ('item' in part) return new Started(part.item);
        current = part;
      }
      if (running >= concurrency) return undefined;
      const stretch = current;
      const chat = stretch.ready.shift();
      if (chat === undefined) return undefined;
      const item = stretch.lines.get(chat)?.shift();
      return item === undefined ? undefined : new Started(item, stretch, chat);
    },
    get waiting() {
      return waiting;
    },
    get running() {
      return running;
    },
    drain() {
      const left: Item[] = [];
      const empty = (stretch: Stretch<Item>): void => {
        for (const line of stretch.lines.values()) for (let item = line.shift(); item !== undefined; item = line.shift()) left.push(item);
      };
      if (current !== undefined) empty(current);
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        if ('item' in part) left.push(part.item);
        else empty(part);
      }
      waiting = 0;
      current = undefined;
      last = undefined;
      return left;
    },
  };
};
