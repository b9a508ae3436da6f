import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AclFault, parseAcl } from "../../../../src/auth/rights/acl-file.js";
import { engineOf, principalOf } from "./ground.js";

function rightsOf(text: string, user: string, clientId = "c1") {
  const rights = engineOf([], parseAcl(text, "acl")).rightsOf(principalOf(user), clientId);
  return {
    reads: (topic: string) => rights?.mayReceive(topic),
    writes: (topic: string) => rights?.mayPublish(topic, 2, true),
  };
}

function faultOf(text: string): string {
  try {
    parseAcl(text, "acl");
  } catch (error) {
    assert.ok(error instanceof AclFault);
    return error.message;
  }
  return "";
}

describe("an acl_file", () => {
  test("written on Windows, with a mark at its start", () => {
    const text = "\ufefftopic read a\r\n\r\n# comment\r\nuser ana\r\ntopic b c\r\n".replace(
      "b c",
      "readwrite b c",
    );
    assert.equal(rightsOf(text, "").reads("a"), true);
    assert.equal(rightsOf(text, "ana").reads("b c"), true);
    assert.equal(rightsOf(text, "ana").reads("a"), false);
  });

  test("lines before any user are for those without one, and a user's may be in several places", () => {
    const text = "topic a\nuser ana\ntopic b\nuser bo\ntopic c\nuser ana\ntopic d\n";
    const seen = (user: string) => ["a", "b", "c", "d"].filter((topic) => rightsOf(text, user).writes(topic));
    assert.deepEqual([seen(""), seen("ana"), seen("bo"), seen("eve")], [["a"], ["b", "d"], ["c"], []]);
  });

  test("read and write are parted", () => {
    const ana = rightsOf("user ana\ntopic read r\ntopic write w\ntopic rw\ntopic readwrite both", "ana");
    assert.deepEqual([ana.reads("r"), ana.writes("r")], [true, false]);
    assert.deepEqual([ana.reads("w"), ana.writes("w")], [false, true]);
    assert.deepEqual([ana.reads("rw"), ana.writes("rw")], [true, true]);
    assert.deepEqual([ana.reads("both"), ana.writes("both")], [true, true]);
  });

  test("a denial counts, wherever it stands", () => {
    const ana = rightsOf("user ana\ntopic #\ntopic deny a/+/secret\n", "ana");
    assert.deepEqual(
      [ana.reads("a/b/secret"), ana.writes("a/b/secret"), ana.reads("a/b")],
      [false, false, true],
    );
  });

  test("patterns are for everybody, and topics are taken as they are written", () => {
    const text = "user ana\npattern read u/%u/c/%c\ntopic read t/%u/{id}\n";
    assert.equal(rightsOf(text, "bo", "c9").reads("u/bo/c/c9"), true);
    assert.equal(rightsOf(text, "bo", "c9").reads("u/ana/c/c9"), false);
    assert.equal(rightsOf(text, "", "c9").reads("u//c/c9"), false);
    assert.equal(rightsOf(text, "ana").reads("t/%u/{id}"), true);
    assert.equal(rightsOf(text, "ana").reads("t/ana/{id}"), false);
  });

  test("a user is a name, not a pattern", () => {
    const text = "user *\ntopic star\nuser {id}\ntopic braces\n";
    assert.equal(rightsOf(text, "*").reads("star"), true);
    assert.equal(rightsOf(text, "ana").reads("star"), false);
    assert.equal(rightsOf(text, "{id}").reads("braces"), true);
    assert.equal(rightsOf(text, "x").reads("braces"), false);
  });

  test("a name with a wildcard has nothing by patterns, and is denied what they deny", () => {
    const text =
      "topic anonymous\npattern read public/#\npattern deny public/closed\nuser a+b\ntopic read mine/#\ntopic read public/closed\n";
    assert.equal(rightsOf(text, "ana").reads("public/x"), true);
    assert.equal(rightsOf(text, "a+b").reads("public/x"), false);
    assert.equal(rightsOf(text, "a+b").reads("public/closed"), false);
    assert.equal(rightsOf(text, "a+b").reads("mine/x"), true);
    assert.equal(rightsOf(text, "ana", "c#").reads("public/x"), false);
  });

  test("denials of both kinds of rules count for both", () => {
    const engine = engineOf(
      [
        { allow: ["subscribe"], topics: ["#"] },
        { deny: ["subscribe"], topics: ["acl/secret"] },
      ],
      parseAcl("user ana\ntopic deny yaml/secret\ntopic readwrite acl/#\n", "acl"),
    );
    const rights = engine.rightsOf(principalOf("ana"), "c1");
    assert.equal(rights?.mayReceive("yaml/secret"), false);
    assert.equal(rights?.mayReceive("acl/secret"), false);
    assert.equal(rights?.mayReceive("yaml/x"), true);
  });

  test("faults are told with their lines, all of them", () => {
    assert.equal(
      faultOf("topic a\nnonsense x\nuser\ntopic\nuser ana\n\ntopic REad a\ntopic a/#/b"),
      [
        'acl:2: "nonsense" is none of user, topic, pattern; comments begin with # at the start of a line',
        "acl:3: a user needs a name",
        "acl:4: topic needs a topic filter",
        'acl:7: "REad" is none of read, write, readwrite, deny, which a filter with a space in it needs before it',
        'acl:8: "a/#/b": # must be the whole last level of a topic filter',
      ].join("; "),
    );
    assert.match(faultOf("x\n".repeat(50)), /acl:10: .*; and 40 more$/);
    assert.match(faultOf("topic constructor a"), /"constructor" is none of/);
    assert.match(faultOf("topic read $share/g/a"), /leave out \$share/);
    assert.equal(faultOf(""), "");
  });
});
