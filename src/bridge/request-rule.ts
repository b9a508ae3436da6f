import { topicNameFault } from "../mqtt/topics.js";
import type { RequestOptions } from "./options.js";
import { PayloadCheck } from "./payload-check.js";
import type { Captures } from "./pieces.js";
import { TopicTemplate } from "./topic-template.js";

/** The capture that both topics of a rule's requests hold: what tells one request from all others. */
export const REQUEST_ID = "requestId";

/** Where one request goes, and where its answer comes from. */
export interface RequestTopics {
  readonly topic: string;
  readonly response: string;
}

/** What a rule says of requests, ready for use. */
export class RequestRule {
  readonly options: RequestOptions;
  readonly check: PayloadCheck;
  readonly #topic: TopicTemplate;
  readonly #response: TopicTemplate;

  constructor(options: RequestOptions) {
    this.options = options;
    this.check = new PayloadCheck(options);
    this.#topic = new TopicTemplate(options.topic);
    this.#response = new TopicTemplate(options.response);
  }

  /** Topic filters of all requests and all answers. */
  get wildcards(): readonly string[] {
    return [this.#topic.wildcard, this.#response.wildcard];
  }

  /** The topics of a request; undefined when these captures give none that can be used. */
  topics(captures: Captures, id: string): RequestTopics | undefined {
    const filled = new Map(captures).set(REQUEST_ID, id);
    const topic = this.#topic.fill(filled);
    const response = this.#response.fill(filled);
    if (topic === undefined || response === undefined || topic === response) return undefined;
    return topicNameFault(topic) || topicNameFault(response) ? undefined : { topic, response };
  }
}
