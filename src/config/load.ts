import { builtInChecks, type Check } from "./checks.js";
import { type Environment, namedFile, readEnvironment } from "./environment.js";
import { ConfigError, type Fault } from "./fault.js";
import { readFile } from "./file.js";
import { faultAt, faultsOf } from "./issue.js";
import { type Key, listKeys } from "./key.js";
import { isMapping, type Layer, mergeLayers, valueAt } from "./layer.js";
import { type Path, parsePath } from "./path.js";
import { type Config, type ConfigInput, schema } from "./schema.js";

export interface Sources {
  /** The file named on the command line; CAUSEWAY_CONFIG names one otherwise. */
  readonly file?: string | undefined;
  readonly env: Environment;
  readonly flags?: ConfigInput | undefined;
  /** Which flag sets which key, for messages: `{ "listen.mqtt": "--mqtt" }`. */
  readonly flagNames?: Readonly<Record<string, string>> | undefined;
  /** Checks of modules that the configuration does not know, run once every value has its type. */
  readonly checks?: readonly Check[] | undefined;
}

export interface Loaded {
  readonly config: Config;
  /** The file that was read, when one was named. */
  readonly file?: string;
}

/** File < environment < flags. Throws a {@link ConfigError} that holds every fault at once. */
export function loadConfig(sources: Sources): Loaded {
  const keys = listKeys();
  const name = namedFile(sources.file, sources.env);
  const file = name === undefined ? { faults: [] } : readFile(name);
  const environment = readEnvironment(sources.env, keys);
  const faults: Fault[] = [...file.faults, ...environment.faults];
  // Without what the file would have said, the other keys cannot be judged.
  if (file.faults.length > 0) throw new ConfigError(faults);
  const layers = [...(file.layer ? [file.layer] : []), environment.layer, flagLayer(sources)];
  const config = parse(layers, keys, faults);
  if (config) faults.push(...checkFaults(config, layers, sources.checks));
  if (!config || faults.length > 0) throw new ConfigError(faults);
  return { config, ...(name === undefined ? {} : { file: name }) };
}

/** The configuration, also in spite of unknown keys (which are faults), so that the checks can run. */
function parse(layers: readonly Layer[], keys: readonly Key[], faults: Fault[]): Config | undefined {
  const value = structuredClone(mergeLayers(layers));
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  faults.push(...error.issues.flatMap((issue) => faultsOf(issue, { keys, layers, value })));
  for (const issue of error.issues) {
    if (issue.code !== "unrecognized_keys") return undefined;
    const section = valueAt(value, issue.path as Path);
    if (isMapping(section)) for (const unknown of issue.keys) delete section[unknown];
  }
  return schema.safeParse(value).data;
}

function checkFaults(config: Config, layers: readonly Layer[], checks: readonly Check[] = []): Fault[] {
  return [...builtInChecks, ...checks]
    .flatMap((check) => check(config))
    .map(({ path, message }) => faultAt(parsePath(path), message, layers));
}

function flagLayer({ flags = {}, flagNames = {} }: Sources): Layer {
  const locate = (path: Path) => {
    if (valueAt(flags, path) === undefined) return undefined;
    const named = Object.entries(flagNames).find(([key]) =>
      parsePath(key).every((step, i) => step === path[i]),
    );
    return named?.[1] ?? "command line";
  };
  return { value: flags, locate };
}
