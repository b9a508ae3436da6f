/** Where others come in through proxies, the REST API wants a key. */
export const API_KEY = "a key of sixteen characters or more".replaceAll(" ", "-");

export const keyed = { allowAnonymous: true, api: { keys: [API_KEY] } };
