const everything = ["publish", "subscribe"];

/**
 * Rules of which one allows what is done here, and one in five denies something in the midst of it: each delivery to a subscription
 * with a wildcard has to be asked for then.
 */
export function benchRights(count: number): object {
  const others = Array.from({ length: count - 1 }, (_, index) => {
    if (index % 5 === 0) return { deny: everything, topics: [`bench/+/secret${index}`], anonymous: true };
    const topics = index % 2 === 0 ? [`area${index}/+/data`] : [`devices/%c/part${index}/#`];
    return { allow: everything, topics, anonymous: true };
  });
  return { rules: [{ allow: everything, topics: ["bench/#"], anonymous: true }, ...others] };
}
