import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockBuilder, recordIn, recordsOf } from "../../../../src/storage/level/format/block.js";
import { blockKey, pageKey, readClientKey } from "../../../../src/storage/level/format/keys.js";
import { entriesOf, messageOf } from "../../../../src/storage/level/format/page.js";
import { PageBuilder } from "../../../../src/storage/level/format/page-builder.js";
import {
  decodeMessage,
  decodeWill,
  encodeMessage,
  encodeWill,
} from "../../../../src/storage/level/format/records.js";
import { decodeState, encodeState } from "../../../../src/storage/level/format/state.js";
import type { StoredMessage } from "../../../../src/storage/store.js";
import { messageWith } from "../hostile.js";
import { randomFrom } from "../random.js";

/* Rows of doubtful origin are looked at too, whatever their seals say. */

const message = messageWith({ properties: Buffer.from("properties"), payload: Buffer.from("payload") });
const block = new BlockBuilder(1);
const references = [block.add(message), block.add(messageWith()), block.add(message)];
const blockValue = block.finish(blockKey(1));

function pageValue(): Buffer {
  const page = new PageBuilder(1);
  for (const reference of references) {
    page.add(message, 1, false);
    page.addReference(reference, 2, true);
  }
  return page.finish(pageKey("dev1", 1));
}

const ROWS: [name: string, row: Buffer, look: (row: Buffer) => StoredMessage[]][] = [
  ["message", encodeMessage(message), (row) => [decodeMessage(row)]],
  ["will", encodeWill({ ...message, clientId: "c", brokerId: "b" }), (row) => [decodeWill("c", row)]],
  ["block", blockValue, (row) => Array.from(recordsOf(row), decodeMessage)],
  ["block by reference", blockValue, (row) => references.map((one) => decodeMessage(recordIn(row, one)))],
  [
    "page",
    pageValue(),
    (row) =>
      Array.from(entriesOf(row), (entry) => {
        const { record, reference } = entry;
        return messageOf(
          entry,
          record ?? recordIn(blockValue, reference ?? { block: 0, offset: 0, length: 0 }),
        );
      }),
  ],
  [
    "state",
    encodeState({ passed: 9, unacknowledged: [1, 2, 5].map((sequence) => ({ sequence, released: false })) }),
    (row) => {
      assert.ok(decodeState(row).unacknowledged.length <= 65_535);
      return [];
    },
  ],
  [
    "key",
    pageKey("dev1", 7),
    (row) => {
      assert.ok(readClientKey(row).suffix.length <= row.length);
      return [];
    },
  ],
];

for (const [name, row, look] of ROWS)
  test(`a damaged ${name} is refused, or gives what is within it`, () => {
    look(row);
    const random = randomFrom(1);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const damaged = Buffer.from(row);
      for (let n = 1 + random(3); n > 0; n--) damaged.writeUInt8(random(256), random(damaged.length));
      try {
        for (const { topic, payload, properties, qos } of look(damaged)) {
          const bytes = payload.length + (properties?.length ?? 0);
          assert.ok(bytes <= blockValue.length + row.length && topic.length <= 65_535 && qos <= 2);
        }
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
        refused++;
      }
    }
    assert.ok(refused > 0);
  });
