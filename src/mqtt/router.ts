import type { QoS } from "./message.js";

/** Subscribers at one filter, with the QoS that each was granted. */
type Subscribers<S> = Map<S, QoS>;

interface Node<S> {
  readonly children: Map<string, Node<S>>;
  /** Subscribers whose filter ends here. */
  readonly here: Subscribers<S>;
  /** Subscribers whose filter is this one followed by `/#`. */
  readonly below: Subscribers<S>;
}

/**
 * Topic filters in a trie [MQTT-4.7]. Insertion and removal take the depth of the filter; a match does not depend on
 * how many other filters there are. A subscriber is any object: a client's session, a listener of the process, or one that
 * stands for others, as a group of which one member gets each message, or another node.
 */
export class Router<S> {
  readonly #root: Node<S> = newNode();
  #size = 0;

  /** Subscriptions in the trie. */
  get size(): number {
    return this.#size;
  }

  /** Adds a subscription, or changes the QoS of the one that this subscriber has at the filter. */
  subscribe(filter: string, subscriber: S, qos: QoS): void {
    const levels = filter.split("/");
    const open = levels.at(-1) === "#" && levels.pop();
    let node = this.#root;
    for (const level of levels) {
      let child = node.children.get(level);
      if (!child) {
        child = newNode();
        node.children.set(level, child);
      }
      node = child;
    }
    const subscribers = open ? node.below : node.here;
    if (!subscribers.has(subscriber)) this.#size++;
    subscribers.set(subscriber, qos);
  }

  /** Whether there was such a subscription. */
  unsubscribe(filter: string, subscriber: S): boolean {
    const levels = filter.split("/");
    const open = levels.at(-1) === "#" && levels.pop();
    const path: [Node<S>, string][] = [];
    let node = this.#root;
    for (const level of levels) {
      const child = node.children.get(level);
      if (!child) return false;
      path.push([node, level]);
      node = child;
    }
    if (!(open ? node.below : node.here).delete(subscriber)) return false;
    this.#size--;
    for (const [parent, level] of path.reverse()) {
      if (!isEmpty(parent.children.get(level))) break;
      parent.children.delete(level);
    }
    return true;
  }

  /**
   * The subscribers of a topic, each once, with the highest QoS among its matching filters [MQTT-3.3.5-1].
   * The map is the router's own: read it before anything is subscribed or unsubscribed.
   */
  match(topic: string): ReadonlyMap<S, QoS> {
    const found: Subscribers<S>[] = [];
    // [MQTT-4.7.2-1]: wildcards at the first level do not match topics that begin with $.
    collect(this.#root, topic.split("/"), 0, !topic.startsWith("$"), found);
    const [only] = found;
    if (only === undefined) return new Map();
    return found.length === 1 ? only : merge(found);
  }
}

function collect<S>(
  node: Node<S>,
  levels: string[],
  depth: number,
  wild: boolean,
  found: Subscribers<S>[],
): void {
  if (wild && node.below.size > 0) found.push(node.below);
  const level = levels[depth];
  if (level === undefined) {
    if (node.here.size > 0) found.push(node.here);
    return;
  }
  if (node.children.size === 0) return;
  const exact = node.children.get(level);
  if (exact && level !== "+") collect(exact, levels, depth + 1, true, found);
  const any = wild ? node.children.get("+") : undefined;
  if (any) collect(any, levels, depth + 1, true, found);
}

function merge<S>(found: readonly Subscribers<S>[]): Subscribers<S> {
  const merged: Subscribers<S> = new Map();
  for (const subscribers of found)
    for (const [subscriber, qos] of subscribers)
      if (qos >= (merged.get(subscriber) ?? 0)) merged.set(subscriber, qos);
  return merged;
}

function newNode<S>(): Node<S> {
  return { children: new Map(), here: new Map(), below: new Map() };
}

function isEmpty<S>(node: Node<S> | undefined): boolean {
  return node !== undefined && node.children.size === 0 && node.here.size === 0 && node.below.size === 0;
}
