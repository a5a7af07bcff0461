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
    if (this.head === items.length) {
      items.length = 0;
      this.head = 0;
    } else if (this.head > 1024 && this.head * 2 > items.length) {
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

/** What waits of one chat. */
class Chat<Item> extends Line<Item> {
  /** Whether one of it is under way, or may be next. */
  busy = false;
}

/** Deliveries between two barriers: a line for each chat, and those of which none is under way. */
interface Stretch<Item> {
  /**
   * Those with nothing in them stay for the chat's next delivery, until there are many. A map that is written into and
   * deleted from all the time is made anew all the time, and what its old tables hold lives until the next large
   * collection of garbage: half of the time that was spent on it.
   */
  chats: Map<string, Chat<Item>>;
  /** Chats at which those with nothing in them are let go. */
  many: number;
  readonly ready: Line<Chat<Item>>;
  /** Items that wait or are under way. */
  open: number;
}

const MANY_CHATS = 1000;

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

  const chatIn = (stretch: Stretch<Item>, name: string): Chat<Item> => {
    const found = stretch.chats.get(name);
    if (found !== undefined) return found;
    if (stretch.chats.size >= stretch.many) {
      stretch.chats = new Map([...stretch.chats].filter(([, { busy }]) => busy));
      stretch.many = Math.max(MANY_CHATS, 2 * stretch.chats.size);
    }
    const made = new Chat<Item>();
    stretch.chats.set(name, made);
    return made;
  };

  const addTo = (stretch: Stretch<Item>, item: Item, name: string): void => {
    const chat = chatIn(stretch, name);
    stretch.open++;
    chat.push(item);
    if (chat.busy) return;
    chat.busy = true;
    stretch.ready.push(chat);
  };

  class Started implements Turn<Item> {
    readonly item: Item;
    private readonly stretch: Stretch<Item> | undefined;
    private readonly chat: Chat<Item> | undefined;
    private over = false;

    /** @param stretch undefined for what stands between two of them, as is its chat */
    constructor(item: Item, stretch?: Stretch<Item>, chat?: Chat<Item>) {
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
      if (stretch === undefined || chat === undefined) return;
      stretch.open--;
      if (chat.size > 0) stretch.ready.push(chat);
      else chat.busy = false;
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
        last = { chats: new Map(), many: MANY_CHATS, ready: new Line(), open: 0 };
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
      const item = chat?.shift();
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
        for (const chat of stretch.chats.values()) for (let item = chat.shift(); item !== undefined; item = chat.shift()) left.push(item);
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
