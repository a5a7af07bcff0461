import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { type AnswerHeaders, type AnswerReader, createAnswerReader } from './answers.ts';

/** How a body goes out where it does not go at once. */
export interface Manner {
  /** The body, in pieces; as many bytes as it has, or fewer and an error. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Milliseconds that it takes to be sent, which the call gets beside its timeout. */
  readonly longer: number;
}

/** A request, and who is told how it goes: `onEnd` or `onError` is the last. */
export interface Call {
  /** Request line and headers with the empty line behind them; each character is a byte. */
  readonly head: string;
  readonly body: Uint8Array;
  readonly manner: Manner | undefined;
  onHead(status: number, headers: AnswerHeaders): void;
  /** @param chunk is there as long as the call only */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: unknown): void;
  /** The time was over: what `onError` is then called with. */
  late(): Error;
  /** The connection was closed before the end of the answer: what `onError` is then called with. */
  closed(): Error;
}

/**
 * Makes a connection.
 * @param receive called with what comes on it; the bytes are there as long as the call only
 */
export type Connect = (target: buildConnector.Options, callback: buildConnector.Callback, receive: (bytes: Buffer) => void) => void;

export interface ConnectionsOptions {
  readonly url: URL;
  readonly connect: Connect;
  /** Connections at once. */
  readonly most: number;
  /** Milliseconds that a call may take once it has its connection, the making of the connection included. */
  readonly timeout: number;
  /** Whether a connection is used for more than one call. */
  readonly keepAlive: boolean;
}

/** Connections to one server, each of them with one call at a time; none is made before it is needed. */
export interface Connections {
  call(call: Call): void;
  /** Closes all; what is under way fails. */
  close(): void;
}

interface Connection {
  /** Undefined while it is being made. */
  socket: Socket | undefined;
  call: Call | undefined;
  reader: AnswerReader | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Milliseconds of the timer. */
  limit: number;
  /** Whether a body is on its way in pieces. */
  sending: boolean;
  /** Ticks that it may still rest. */
  ticks: number;
  dead: boolean;
}

/** Milliseconds between two looks at connections that rest. */
const TICK = 500;
/** Bytes of a body that are sent in one piece with the head. */
const TOGETHER = 16_384;

/**
 * Opens what speaks HTTP/1.1 to one server. A connection is used again only after the event loop has gone round, so
 * that a server which closed it behind its answer is not asked in vain.
 */
export const openConnections = ({ url, connect, most, timeout, keepAlive }: ConnectionsOptions): Connections => {
  const { host, hostname, protocol, port } = url;
  const target = { host, hostname: hostname.replace(/^\[|\]$/g, ''), protocol, port };
  const all = new Set<Connection>();
  /** Ready to be used; the last one that was is the first that is again. */
  let idle: Connection[] = [];
  /** Those whose answer came in this turn of the event loop, and in the one before. */
  let fresh: Connection[] = [];
  let resting: Connection[] = [];
  const waiting: Call[] = [];
  let turning = false;
  let ticking: NodeJS.Timeout | undefined;
  let closed = false;

  const bury = (connection: Connection): void => {
    connection.dead = true;
    connection.call = undefined;
    all.delete(connection);
    clearTimeout(connection.timer);
    connection.socket?.destroy();
  };
  const drop = (connection: Connection, error: unknown): void => {
    if (connection.dead) return;
    const { call } = connection;
    bury(connection);
    call?.onError(error);
    serve();
  };

  const tick = (): void => {
    idle = idle.filter((connection) => {
      if (!connection.dead && --connection.ticks < 0) bury(connection);
      return !connection.dead;
    });
    if (idle.length > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
  const turn = (): void => {
    for (const connection of resting) if (!connection.dead) idle.push(connection);
    resting = fresh;
    fresh = [];
    turning = resting.length > 0;
    if (turning) setImmediate(turn);
    if (idle.length > 0) ticking ??= setInterval(tick, TICK).unref();
    if (waiting.length > 0) serve();
  };
  const rest = (connection: Connection, keeps: number): void => {
    connection.ticks = Math.floor(keeps / TICK);
    fresh.push(connection);
    if (turning) return;
    turning = true;
    setImmediate(turn);
  };

  /** Sends the pieces of a body; an answer that comes before its end closes the connection. */
  const pump = async (connection: Connection, socket: Socket, pieces: AsyncIterable<Uint8Array>): Promise<void> => {
    connection.sending = true;
    try {
      for await (const piece of pieces) {
        if (connection.dead) return;
        socket.write(piece);
      }
      connection.sending = false;
    } catch (error) {
      drop(connection, error);
    }
  };

  const write = (connection: Connection, socket: Socket, { head, body, manner }: Call): void => {
    if (manner !== undefined) {
      socket.write(head, 'latin1');
      void pump(connection, socket, manner.body);
      return;
    }
    if (body.length > TOGETHER) {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
      return;
    }
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 0, 'latin1');
    bytes.set(body, head.length);
    socket.write(bytes);
  };

  const readerFor = (connection: Connection): AnswerReader =>
    createAnswerReader({
      wantsHead: () => connection.call?.head.startsWith('HEAD ') === true,
      onHead: (status, headers) => connection.call?.onHead(status, headers),
      onData: (chunk) => connection.call?.onData(chunk),
      onEnd(keeps) {
        const { call, socket } = connection;
        connection.call = undefined;
        // A body that is still on its way would be read as the next request.
        if (!keepAlive || keeps === 0 || socket === undefined || connection.sending || socket.writableLength > 0) bury(connection);
        else rest(connection, keeps);
        call?.onEnd();
        if (connection.dead) serve();
      },
      onBroken: (error) => drop(connection, error),
    });

  /** Begins the time that a call has. */
  const limit = (connection: Connection, { manner }: Call): void => {
    const ms = timeout + (manner?.longer ?? 0);
    if (ms === connection.limit) {
      connection.timer?.refresh();
      return;
    }
    clearTimeout(connection.timer);
    connection.limit = ms;
    connection.timer = setTimeout(() => {
      if (connection.call !== undefined) drop(connection, connection.call.late());
    }, ms);
  };

  const open = (call: Call): void => {
    const connection: Connection = {
      socket: undefined,
      call,
      reader: undefined,
      timer: undefined,
      limit: 0,
      sending: false,
      ticks: 0,
      dead: false,
    };
    all.add(connection);
    limit(connection, call);
    const onConnected: buildConnector.Callback = (error, socket) => {
      if (error !== null) {
        drop(connection, error);
        return;
      }
      if (connection.dead) {
        socket.on('error', () => {}).destroy();
        return;
      }
      const reader = readerFor(connection);
      connection.socket = socket;
      connection.reader = reader;
      socket.on('end', () => {
        if (connection.dead || reader.end()) return;
        drop(connection, connection.call?.closed());
      });
      socket.on('error', (failure) => drop(connection, failure));
      socket.on('close', () => drop(connection, connection.call?.closed()));
      if (connection.call !== undefined) write(connection, socket, connection.call);
    };
    connect(target, onConnected, (bytes) => {
      if (connection.call === undefined) drop(connection, undefined);
      else connection.reader?.read(bytes);
    });
  };

  const takeIdle = (): Connection | undefined => {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) if (!connection.dead) return connection;
    return undefined;
  };
  /** @returns whether the call has its connection */
  const begin = (call: Call): boolean => {
    const connection = takeIdle();
    if (connection?.socket !== undefined) {
      connection.call = call;
      limit(connection, call);
      write(connection, connection.socket, call);
    } else if (all.size < most) open(call);
    else return false;
    return true;
  };
  const serve = (): void => {
    for (let call = waiting[0]; call !== undefined && !closed && begin(call); call = waiting[0]) waiting.shift();
  };

  return {
    call(call) {
      if (closed) call.onError(new Error('the endpoint is closed'));
      else if (waiting.length > 0 || !begin(call)) waiting.push(call);
    },
    close() {
      closed = true;
      clearInterval(ticking);
      for (const connection of [...all]) drop(connection, new Error('the endpoint was closed'));
      for (const call of waiting.splice(0)) call.onError(new Error('the endpoint was closed'));
    },
  };
};
