import type { EventName, EventPayloads, Message } from '../index.ts';
import type { SampleNames } from './names.ts';

/** Members of every payload beside its payload keys. */
type Envelope = 'event' | 'channel_id' | 'errors';

type PayloadKeyOf<Payload> = Exclude<keyof Payload, Envelope>;

type ItemIn<Value> = Value extends readonly (infer Item)[] ? Item : Value;

/** What stands under the payload key of an event, one of it where it is a list. Of service events, the payload itself. */
export type EventItem<Name extends EventName> = [PayloadKeyOf<EventPayloads[Name]>] extends [never]
  ? EventPayloads[Name]
  : ItemIn<NonNullable<EventPayloads[Name][PayloadKeyOf<EventPayloads[Name]>]>>;

export type MessageType = Message['type'];

export type MessageOf<Type extends MessageType> = Extract<Message, { type: Type }>;

/** Some members, at any depth; lists whole. `undefined` stands for a member that is to go. */
export type DeepPartial<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { [Member in keyof Value]?: DeepPartial<Value[Member]> | undefined }
    : Value;

/** What `build` can start from: the name of a sample, for messages.post also a message type. */
export type Which<Name extends EventName> = SampleNames[Name] | (Name extends 'messages.post' ? MessageType : never);

/** What `build` can change: members of the item; for a message type, of such a message. */
export type Overrides<Name extends EventName, From> = DeepPartial<
  Name extends 'messages.post' ? (From extends MessageType ? MessageOf<From> : EventItem<Name>) : EventItem<Name>
>;

/** What `build` makes: the payload of the event; for a message type, with messages of that type. */
export type BuiltEvent<Name extends EventName, From> = Name extends 'messages.post'
  ? From extends MessageType
    ? Omit<EventPayloads['messages.post'], 'messages'> & { messages: MessageOf<From>[] }
    : EventPayloads[Name]
  : EventPayloads[Name];

export interface BuildOptions {
  /** Whether the event may be invalid, for tests of what a handler does with one. */
  readonly unchecked?: boolean;
}
